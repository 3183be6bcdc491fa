//! See [`platform`].

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    runtime::serve(platform::FUNCTIONS)
}
