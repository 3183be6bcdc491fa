//! See [`scheduling`].

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    runtime::serve(scheduling::FUNCTIONS)
}
