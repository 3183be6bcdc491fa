//! Writes the files that follow from the code. See the library.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (path, contents) in infra::files() {
        fs::write(root.join(path), contents)?;
    }
    Ok(())
}
