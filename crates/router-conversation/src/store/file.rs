//! Sessions as files: a line per append, synced before it counts.
//!
//! A line is the checksum of its JSON, a space, and the JSON: the records of one append. A process that is killed leaves at most a
//! line without an end, of an append that nobody was told of. Whoever writes next ends it with a mark, and readers pass it by.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind as IoErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use router_core::{BoxFuture, Error, ErrorKind, Result, Warning};

use super::{Page, Store, blocking, unreachable};
use crate::record::Record;

/// Ends a line that was cut.
const CUT: &[u8] = b"!\n";
const EXTENSION: &str = "log";

/// Sessions in a folder. One process writes a session at a time; several may read.
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: PathBuf,
    /// Appends of this process, one after the other.
    writing: Arc<Mutex<()>>,
}

impl FileStore {
    /// Sessions in this folder, which is made when it is missing.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`] when it cannot be made.
    pub fn new(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|error| unreachable(folder.display(), error))?;
        Ok(Self {
            folder,
            writing: Arc::default(),
        })
    }

    fn path(&self, session: &str) -> PathBuf {
        self.folder.join(file_name(session)).with_extension(EXTENSION)
    }
}

impl Store for FileStore {
    fn append<'a>(&'a self, session: &'a str, records: &'a [Record]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if records.is_empty() {
                return Ok(());
            }
            let json = serde_json::to_string(records).map_err(|error| {
                Error::new(
                    ErrorKind::InvalidRequest,
                    format!("a message cannot be stored: {error}"),
                )
            })?;
            let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
            let (path, folder, writing) =
                (self.path(session), self.folder.clone(), Arc::clone(&self.writing));
            blocking("files", move || {
                let _one = writing.lock().unwrap_or_else(PoisonError::into_inner);
                write(&path, &folder, &line).map_err(|error| unreachable(path.display(), error))
            })
            .await
        })
    }

    fn read<'a>(&'a self, session: &'a str, after: u64) -> BoxFuture<'a, Result<Page>> {
        Box::pin(async move {
            let (path, session) = (self.path(session), session.to_owned());
            blocking("files", move || match read_from(&path, after) {
                Ok(bytes) => page(&session, &bytes, after),
                Err(error) if error.kind() == IoErrorKind::NotFound => Ok(Page::new(Vec::new(), 0)),
                Err(error) => Err(unreachable(path.display(), error)),
            })
            .await
        })
    }

    fn remove<'a>(&'a self, session: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let path = self.path(session);
            blocking("files", move || match fs::remove_file(&path) {
                Err(error) if error.kind() != IoErrorKind::NotFound => {
                    Err(unreachable(path.display(), error))
                }
                _ => Ok(()),
            })
            .await
        })
    }

    fn sessions(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let folder = self.folder.clone();
            blocking("files", move || {
                let entries = fs::read_dir(&folder).map_err(|error| unreachable(folder.display(), error))?;
                let paths = entries.flatten().map(|entry| entry.path());
                let mut names: Vec<String> = paths
                    .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
                    .filter_map(|path| session_name(path.file_stem()?.to_str()?))
                    .collect();
                names.sort();
                Ok(names)
            })
            .await
        })
    }
}

fn write(path: &Path, folder: &Path, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(line.len() + CUT.len());
    if length > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            bytes.extend_from_slice(CUT);
        }
    }
    bytes.extend_from_slice(line.as_bytes());
    // One write, so that it is whole or cut at its end.
    file.write_all(&bytes)?;
    file.sync_data()?;
    if length == 0 {
        // A new file counts when its name does.
        sync_folder(folder)?;
    }
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

#[expect(clippy::verbose_file_reads, reason = "what was read before is not read again")]
fn read_from(path: &Path, after: u64) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(after))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn page(session: &str, bytes: &[u8], after: u64) -> Result<Page> {
    let mut page = Page::new(Vec::new(), after);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let whole = line.strip_suffix(b"\n");
        match whole.and_then(records) {
            Some(records) => page.records.extend(records),
            None if whole.is_none_or(|line| line.ends_with(b"!")) => {
                let message = format!(
                    "session {session:?} has a turn that was cut while it was written; it was never acknowledged"
                );
                tracing::warn!(target: "router_conversation", "{message}");
                page.warnings.push(Warning::dropped("messages", message));
                if whole.is_none() {
                    // The rest is read again when its end is there.
                    break;
                }
            }
            None => {
                let at = page.position;
                let message = format!(
                    "stored session {session:?} is broken at byte {at}: a line does not fit its checksum"
                );
                return Err(Error::new(ErrorKind::Decode, message));
            }
        }
        page.position += line.len() as u64;
    }
    Ok(page)
}

fn records(line: &[u8]) -> Option<Vec<Record>> {
    let (sum, json) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    (sum == crc32fast::hash(json.as_bytes())).then(|| serde_json::from_str(json).ok())?
}

/// Letters and digits as they are, everything else by its bytes.
fn file_name(session: &str) -> String {
    let mut name = String::with_capacity(session.len());
    for byte in session.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            byte => name.push_str(&format!("_{byte:02x}")),
        }
    }
    name
}

fn session_name(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, behind @ ..] = rest {
        if *first == b'_' {
            let hex = std::str::from_utf8(behind.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok()
}
