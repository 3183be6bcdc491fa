//! See [`identity`].

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    runtime::serve(identity::FUNCTIONS)
}
