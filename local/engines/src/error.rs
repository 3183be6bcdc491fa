//! What can go wrong, in sentences for the person at the keyboard.

use std::path::PathBuf;

/// Why a data directory could not be opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or a file in it cannot be written.
    #[error("{} cannot be written ({reason}). Nothing was changed. Choose another directory with DATA=…, or give yourself permission to write there.", path.display())]
    Unwritable {
        /// What cannot be written.
        path: PathBuf,
        /// The operating system's words.
        reason: String,
    },
    /// Another process has the directory.
    #[error("{} is in use by another Careplane. Nothing was changed. Stop the other one, or choose another directory with DATA=….", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A file is not what this crate writes.
    #[error("{} is damaged or is not a data file of Careplane ({reason}). Nothing was changed. Restore the file, or start afresh, forgetting all local data: make run FRESH=1", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file was written by a later version of Careplane.
    #[error("{} was written by a newer version of Careplane ({reason}). Nothing was changed. Update Careplane, or start afresh, forgetting all local data: make run FRESH=1", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The versions.
        reason: String,
    },
    /// The settings contradict themselves.
    #[error("the local services are set up wrongly: {0}")]
    Settings(String),
}

/// Why something asked of the engines from within this process was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The engines were closed.
    #[error("the local services are closing")]
    Closed,
    /// The engine refused.
    #[error("{0}")]
    Refused(String),
    /// The file could not be read or written.
    #[error("the local services cannot use their data file: {0}")]
    Storage(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.to_string())
    }
}
