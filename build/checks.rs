use super::Problem;
use serde_json::Value;
pub fn run(_document: &Value) -> Vec<Problem> {
    vec![]
}
pub fn keys_are_strings(_v: &yaml_serde::Value) -> Result<(), Problem> {
    Ok(())
}
