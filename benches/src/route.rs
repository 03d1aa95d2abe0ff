//! The type of a route, which the generated client imports from its crate.

#[allow(dead_code, reason = "the benchmarks read no routes")]
pub struct Route {
    pub id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
}
