//! The data directory: one process at a time, and nothing touched that is not ours.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::OpenError;

/// A directory that this process has for itself.
pub(crate) struct DataDirectory {
    path: PathBuf,
    /// The lock lasts as long as the file is open; the operating system ends it with the process.
    lock: Mutex<Option<File>>,
}

impl DataDirectory {
    /// Makes the directory if it is missing, and keeps other processes out of it.
    pub(crate) fn lock(path: &Path) -> Result<Self, OpenError> {
        // The keys that encrypt the data lie beside it.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| unwritable(path, &error))?;
        let file = path.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(|error| unwritable(path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.into(), lock: Mutex::new(Some(lock)) }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.into() }),
            Err(TryLockError::Error(error)) => Err(unwritable(&file, &error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn dynamodb(&self) -> PathBuf {
        self.path.join("dynamodb.sqlite")
    }

    pub(crate) fn services(&self) -> PathBuf {
        self.path.join("services.sqlite")
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    /// Lets another process have the directory.
    pub(crate) fn unlock(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Removes what this crate wrote.
    pub(crate) fn forget(self) -> Result<(), OpenError> {
        for file in [self.dynamodb(), self.services()] {
            for suffix in ["", "-wal", "-shm"] {
                let mut name = file.clone().into_os_string();
                name.push(suffix);
                removed(Path::new(&name), fs::remove_file(&name))?;
            }
        }
        removed(&self.objects(), fs::remove_dir_all(self.objects()))
    }
}

fn removed(path: &Path, result: std::io::Result<()>) -> Result<(), OpenError> {
    match result {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(unwritable(path, &error)),
        _ => Ok(()),
    }
}

pub(crate) fn unwritable(path: &Path, reason: &impl ToString) -> OpenError {
    OpenError::Unwritable { path: path.into(), reason: reason.to_string() }
}

/// Reads a database from end to end before anything is written to it, so that a damaged file stays as it
/// was found.
pub(crate) fn examine(file: &Path) -> Result<(), OpenError> {
    if !file.try_exists().map_err(|error| unwritable(file, &error))? {
        return Ok(());
    }
    let sound = || {
        let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        database.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    };
    match sound() {
        Ok(verdict) if verdict == "ok" => Ok(()),
        // The verdict may have several lines.
        Ok(verdict) => Err(OpenError::Damaged { path: file.into(), reason: verdict.replace('\n', " ") }),
        Err(error) => Err(sqlite(file, &error)),
    }
}

/// What an error of `SQLite` means for the person who starts the platform.
pub(crate) fn sqlite(file: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::DiskFull,
        ) => unwritable(file, error),
        _ => OpenError::Damaged { path: file.into(), reason: error.to_string() },
    }
}
