//! Files as streams of text, unpacked on the way: plain, gz, zip. What unpacks to far more than a bill would is refused.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

/// What may come out of any archive, in bytes.
const SURE: u64 = 64 << 20;

/// How many times its packed size a larger one may have. Real reports have 10 to 60.
const MOST_TIMES: u64 = 200;

/// Bytes that go from the unpacking thread to the reading one at a time.
const BLOCK: usize = 1 << 18;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// Parquet.
    Parquet,
    /// One gz stream or several.
    Gzip,
    /// A zip archive.
    Zip,
    /// JSON text.
    Json,
    /// Anything else: it should be CSV.
    Text,
    /// Nothing.
    Empty,
}

/// Looks at the first bytes of a file.
pub fn content(path: &Path) -> io::Result<Content> {
    let mut start = [0; 64];
    let mut file = File::open(path)?;
    let mut read = 0;
    while let Ok(more @ 1..) = file.read(&mut start[read..]) {
        read += more;
    }
    let start = &start[..read];
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    Ok(match start {
        [] => Content::Empty,
        [b'P', b'A', b'R', b'1', ..] => Content::Parquet,
        [0x1f, 0x8b, ..] => Content::Gzip,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Content::Zip,
        _ if matches!(text.first(), Some(b'{' | b'[')) => Content::Json,
        _ => Content::Text,
    })
}

/// Calls `read` with every text in the file: one, or as many as a zip holds. The second argument is the name inside the zip.
pub fn texts<E>(
    path: &Path,
    content: Content,
    mut read: impl FnMut(&mut dyn Read, Option<&str>) -> Result<(), E>,
) -> io::Result<Result<(), E>> {
    let file = File::open(path)?;
    let packed = file.metadata()?.len();
    match content {
        Content::Gzip => Ok(beside(Bounded::new(MultiGzDecoder::new(BufReader::with_capacity(BLOCK, file)), packed), |r| read(r, None))),
        Content::Zip => zipped(file, packed, read),
        _ => Ok(read(&mut { file }, None)),
    }
}

fn zipped<E>(file: File, packed: u64, mut read: impl FnMut(&mut dyn Read, Option<&str>) -> Result<(), E>) -> io::Result<Result<(), E>> {
    let mut archive = open(BufReader::new(file))?;
    for place in 0..archive.len() {
        let member = archive.by_index(place).map_err(io::Error::other)?;
        let name = member.name().map_err(io::Error::other)?.into_owned();
        if member.is_dir() || name.starts_with("__MACOSX/") {
            continue;
        }
        // The archive is not shared between threads: it is unpacked as it is read.
        if let Err(refused) = read(&mut Bounded::new(member, packed), Some(&name)) {
            return Ok(Err(refused));
        }
    }
    Ok(Ok(()))
}

fn open<R: Read + Seek>(file: R) -> io::Result<ZipArchive<R>> {
    ZipArchive::new(file).map_err(io::Error::other)
}

/// Unpacks in a thread of its own while `read` takes what is there.
fn beside<T>(mut input: impl Read + Send, read: impl FnOnce(&mut dyn Read) -> T) -> T {
    let (send, receive) = sync_channel(8);
    thread::scope(|scope| {
        scope.spawn(move || blocks(&mut input, &send));
        read(&mut Blocks { receive, block: Vec::new(), at: 0 })
    })
}

/// Sends block after block until the input or the reader ends.
fn blocks(input: &mut impl Read, send: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut block = vec![0; BLOCK];
        let mut filled = 0;
        let mut failed = None;
        while filled < BLOCK {
            match input.read(&mut block[filled..]) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    failed = Some(e);
                    break;
                }
            }
        }
        let last = filled < BLOCK;
        block.truncate(filled);
        if send.send(Ok(block)).is_err() {
            return;
        }
        if let Some(e) = failed {
            // The reader may be gone: then nobody wants to know.
            send.send(Err(e)).ok();
        }
        if last {
            return;
        }
    }
}

/// The other end of [`blocks`].
struct Blocks {
    receive: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    at: usize,
}

impl Read for Blocks {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            match self.receive.recv() {
                Ok(block) => (self.block, self.at) = (block?, 0),
                Err(_) => return Ok(0),
            }
        }
        let many = room.len().min(self.block.len() - self.at);
        room[..many].copy_from_slice(&self.block[self.at..self.at + many]);
        self.at += many;
        Ok(many)
    }
}

/// Input that ends in an error where more comes out than a bill of that packed size would hold.
struct Bounded<R> {
    input: R,
    left: u64,
}

impl<R> Bounded<R> {
    fn new(input: R, packed: u64) -> Bounded<R> {
        Bounded { input, left: SURE.max(packed.saturating_mul(MOST_TIMES)) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(room)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other(format!("it unpacks to more than {MOST_TIMES} times its size, which no bill does")))?;
        Ok(read)
    }
}
