//! See [`compliance`].

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    runtime::serve(compliance::FUNCTIONS)
}
