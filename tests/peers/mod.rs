//! Programs of others, in Python, that the tests are held against. Their libraries are installed once, below `target/peers`.
#![allow(dead_code)]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

/// What the peers need, each at the version that they were tried with.
const LIBRARIES: [&str; 5] = ["numpy==2.4.6", "pyarrow==26.0.1", "duckdb==1.5.6", "botocore==1.43.11", "moto[server]==5.2.1"];

/// A Python that has the peers' libraries. The first call installs them, which takes a minute or two and needs PyPI.
pub fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder").join("peers");
    let (python, ready, lock) = (folder.join("venv/bin/python"), folder.join("ready"), folder.join("lock"));
    let installed = || fs::read_to_string(&ready).is_ok_and(|text| text == LIBRARIES.join("\n"));
    fs::create_dir_all(&folder).expect("a folder for the peers");
    let begun = Instant::now();
    while !installed() {
        match fs::create_dir(&lock) {
            Ok(()) => {
                let done = install(&folder, &python);
                fs::remove_dir(&lock).expect("the lock goes");
                done.unwrap_or_else(|what| panic!("the peers cannot be installed: {what}"));
                fs::write(&ready, LIBRARIES.join("\n")).expect("a mark that they are there");
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                assert!(
                    begun.elapsed() < Duration::from_secs(900),
                    "another process installs the peers, or died: remove {}",
                    lock.display()
                );
                sleep(Duration::from_millis(500));
            }
            Err(error) => panic!("{}: {error}", lock.display()),
        }
    }
    python
}

fn install(folder: &Path, python: &Path) -> Result<(), String> {
    let run = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))),
        Err(error) => Err(format!("{command:?}: {error}")),
    };
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")))?;
    run(Command::new(python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(LIBRARIES))
}

/// The source of a peer.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name)
}

/// A peer that listens on a port of this machine, until it is dropped.
pub struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts what `command` makes of a free port, and waits until it listens.
    pub fn start(command: impl Fn(u16) -> Command) -> Server {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let mut command = command(port);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let mut server = Server { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = server.child.try_wait().expect("a child");
            assert!(ended.is_none(), "{command:?} ended: {ended:?}");
            assert!(begun.elapsed() < Duration::from_secs(120), "{command:?} does not listen");
            sleep(Duration::from_millis(100));
        }
        server
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends JSON, and gives the body that comes back.
    pub fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: application/json", self.port);
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a reply");
        let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(" 200 ") || head.contains(" 201 "), "{head}\n{body}");
        body.to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
