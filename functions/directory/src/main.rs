//! See [`directory`].

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    runtime::serve(directory::FUNCTIONS)
}
