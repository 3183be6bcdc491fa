//! See [`notifications`].

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    runtime::serve(notifications::FUNCTIONS)
}
