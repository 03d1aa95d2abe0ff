//! wip
#[path = "../../build/codegen.rs"]
mod codegen;
fn main() {
    let text = std::fs::read_to_string("openapi.yaml").unwrap();
    match codegen::generate(&text) {
        Ok(s) => println!("{s}"),
        Err(e) => eprintln!("{e}"),
    }
}
