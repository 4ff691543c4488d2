//! A server that lays lists out as AWS does, and fails as it is told to.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest, Sha256};

/// What is wrong with the answers for a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The first answer ends after so many bytes; the length says more.
    CutOnce(usize),
    /// Every answer ends after so many bytes.
    CutAlways(usize),
    /// As `CutOnce`, and each answer after it is a range of so many bytes at most, whole in itself.
    ShortRanges(usize),
    /// A range is answered whatever tag it is asked for with.
    NoIfRange,
    /// The answer carries the SHA-256 of something else.
    WrongHash,
    /// The first answers are a server's excuse.
    BusyTwice,
}

/// Files by path, what is wrong with them, and what was asked and answered.
#[derive(Default)]
pub struct Site {
    pub files: BTreeMap<String, Vec<u8>>,
    pub faults: BTreeMap<String, Fault>,
    /// Such as `206 /offers/v1.0/aws/index.json bytes=100-`.
    pub log: Vec<String>,
    asked: BTreeMap<String, usize>,
}

const ECS: &str = "/offers/v1.0/aws/AmazonECS";
const PLANS: &str = "/savingsPlan/v1.0/aws/AWSComputeSavingsPlan";
/// Where the list of version `N` stands.
pub fn list(version: &str) -> String {
    format!("{ECS}/{version}/us-east-1/index.csv")
}

impl Site {
    /// Fargate in Virginia: a price for a vCPU-hour from a day on, and the Savings Plans that go with it.
    pub fn with(version: &str, published: &str, from: &str, vcpu: &str) -> Site {
        let mut site = Site::default();
        let mut put = |path: String, text: String| drop(site.files.insert(path, text.into_bytes()));
        put(
            "/offers/v1.0/aws/index.json".into(),
            format!(
                r#"{{"formatVersion": "v1.0", "publicationDate": "{published}T00:00:00Z", "offers": {{"AmazonECS": {{"offerCode": "AmazonECS",
                    "versionIndexUrl": "{ECS}/index.json", "currentVersionUrl": "{ECS}/current/index.json",
                    "currentRegionIndexUrl": "{ECS}/current/region_index.json",
                    "currentSavingsPlanIndexUrl": "{PLANS}/current/region_index.json"}}}}}}"#
            ),
        );
        put(
            format!("{ECS}/current/region_index.json"),
            format!(
                r#"{{"regions": {{"us-east-1": {{"regionCode": "us-east-1", "currentVersionUrl": "{ECS}/{version}/us-east-1/index.json"}}}}}}"#
            ),
        );
        put(
            format!("{PLANS}/current/region_index.json"),
            format!(r#"{{"regions": [{{"regionCode": "us-east-1", "versionUrl": "{PLANS}/{version}/us-east-1/index.json"}}]}}"#),
        );
        put(list(version), offer(version, published, from, vcpu));
        put(format!("{PLANS}/{version}/us-east-1/index.csv"), plans(version, published));
        site
    }

    /// Writes its files into a folder.
    pub fn mirror(&self, folder: &Path) {
        for (path, bytes) in &self.files {
            let file = folder.join(path.trim_start_matches('/'));
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, bytes).expect("a file");
        }
    }
}

/// Two prices of Fargate among 2,000 that nobody asks for.
fn offer(version: &str, published: &str, from: &str, vcpu: &str) -> String {
    let head = format!(
        "\"FormatVersion\",\"v1.0\"\n\"Disclaimer\",\"none\"\n\"Publication Date\",\"{published}T00:00:00Z\"\n\"Version\",\"{version}\"\n\"OfferCode\",\"AmazonECS\"\n\"SKU\",\"OfferTermCode\",\"RateCode\",\"TermType\",\"PriceDescription\",\"EffectiveDate\",\"StartingRange\",\"EndingRange\",\"Unit\",\"PricePerUnit\",\"Currency\",\"serviceCode\",\"usageType\",\"operation\",\"Region Code\"\n"
    );
    let line = |sku: &str, usage_type: &str, price: &str| {
        format!(
            "\"{sku}\",\"JRTCKXETXF\",\"{sku}.JRTCKXETXF.6YS6EN2CT7\",\"OnDemand\",\"a price\",\"{from}\",\"0\",\"Inf\",\"hours\",\"{price}\",\"USD\",\"AmazonECS\",\"{usage_type}\",\"\",\"us-east-1\"\n"
        )
    };
    let others = (0..2_000).map(|n| line(&format!("OTHER{n:011}"), &format!("USE1-Other-{n}"), "0.1"));
    let fargate = line("8CESGAFWKAJ98PME", "USE1-Fargate-vCPU-Hours:perCPU", vcpu);
    let memory = line("PBZNQUSEXZUC34C9", "USE1-Fargate-GB-Hours", "0.0044450000");
    head + &others.chain([fargate, memory]).collect::<String>()
}

fn plans(version: &str, published: &str) -> String {
    format!(
        "FormatVersion,v1.0\nDisclaimer,none\nPublication Date,{published}T00:00:00Z\nVersion,{version}\nOfferCode,AmazonComputeSavingsPlan\nSKU,RateCode,Unit,EffectiveDate,DiscountedRate,Currency,DiscountedSKU,DiscountedServiceCode,DiscountedUsageType,DiscountedOperation,PurchaseOption,LeaseContractLength,LeaseContractLengthUnit,ServiceCode,UsageType,Operation,Description,Instance Family,Location,Location Type,Granularity,Product Family,DiscountedRegionCode,DiscountedInstanceType\nP,P.8,hours,{published}T00:00:00Z,0.003556,USD,PBZNQUSEXZUC34C9,AmazonECS,USE1-Fargate-GB-Hours,,No Upfront,1,year,ComputeSavingsPlans,ComputeSP:1yrNoUpfront,,1 year No Upfront Compute Savings Plan,,Any,,hourly,ComputeSavingsPlans,us-east-1,\n"
    )
}

/// The server of a site, which may change while it runs.
pub struct Server {
    pub url: String,
    pub site: Arc<Mutex<Site>>,
}

impl Server {
    pub fn start(site: Site) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let site = Arc::new(Mutex::new(site));
        let served = Arc::clone(&site);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                thread::spawn(move || serve(stream, &served));
            }
        });
        Server { url, site }
    }

    /// Puts another site into its place.
    pub fn becomes(&self, site: Site) {
        *self.site.lock().expect("no panic") = site;
    }

    /// What was asked since the last time.
    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.site.lock().expect("no panic").log)
    }
}

/// A request: its path and headers in small letters.
fn request(reader: &mut impl BufRead) -> (String, BTreeMap<String, String>) {
    let mut line = String::new();
    reader.read_line(&mut line).expect("a request");
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).expect("a header");
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    (path, headers)
}

fn serve(stream: TcpStream, site: &Mutex<Site>) {
    let mut reader = BufReader::new(stream);
    let (path, headers) = request(&mut reader);
    let mut stream = reader.into_inner();
    let mut site = site.lock().expect("no panic");
    let asked = *site.asked.entry(path.clone()).and_modify(|n| *n += 1).or_insert(1);
    let fault = site.faults.get(&path).copied();
    let Some(bytes) = site.files.get(&path).cloned() else {
        site.log.push(format!("404 {path}"));
        let _ = write!(stream, "HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    };
    if fault == Some(Fault::BusyTwice) && asked <= 2 {
        site.log.push(format!("503 {path}"));
        let _ = write!(stream, "HTTP/1.1 503 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    }
    let tag = format!("\"{:x}\"", Sha256::digest(&bytes));
    if headers.get("if-none-match") == Some(&tag) {
        site.log.push(format!("304 {path}"));
        let _ = write!(stream, "HTTP/1.1 304 X\r\nETag: {tag}\r\nConnection: close\r\n\r\n");
        return;
    }
    let range = headers.get("range").filter(|_| fault == Some(Fault::NoIfRange) || headers.get("if-range") == Some(&tag));
    let from = range.and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok()).unwrap_or(0);
    let last = match fault {
        Some(Fault::ShortRanges(most)) if range.is_some() => bytes.len().min(from + most),
        _ => bytes.len(),
    };
    let (status, more) = match range {
        Some(_) => (206, format!("Content-Range: bytes {from}-{}/{}\r\n", last - 1, bytes.len())),
        None => (200, String::new()),
    };
    site.log.push(format!("{status} {path} {}", range.map_or("", String::as_str)).trim_end().to_owned());
    let end = match fault {
        Some(Fault::CutOnce(at) | Fault::ShortRanges(at)) if asked == 1 => at,
        Some(Fault::CutAlways(at)) => at.max(from),
        _ => last,
    };
    let more = match fault {
        // The SHA-256 of nothing.
        Some(Fault::WrongHash) => more + "x-amz-checksum-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n",
        _ => more,
    };
    let length = last - from;
    let _ = write!(stream, "HTTP/1.1 {status} X\r\nETag: {tag}\r\n{more}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(&bytes[from..end]);
}
