//! The trait of an operation: its route, its retry class, and its output.

use crate::{
    call::ExpectedPath,
    error::InvalidInput,
    generated::{self, ResponseValue},
    lenient::ResponseBody,
    retry::RetryClass,
    route::Route,
};

/// An operation of the API: the parameters of a [`Request`](crate::Request) and the type of its output.
///
/// The [parameter types](crate::params) of the ten operations and of [`Client::request`](crate::Client::request)
/// implement this trait. It is sealed: its methods use types that other crates cannot name.
pub trait Operation: Clone + Send + Sync + 'static {
    /// The value that [`Request::send`](crate::Request::send) returns.
    type Output: Send + 'static;

    /// The body of a success.
    #[doc(hidden)]
    type Raw: ResponseBody;

    #[doc(hidden)]
    const ROUTE: Route;

    /// The path that the request must have.
    #[doc(hidden)]
    fn path(&self) -> ExpectedPath {
        ExpectedPath::Template(Self::ROUTE.path)
    }

    /// Checks that every parameter has a value. A setter cannot check this.
    #[doc(hidden)]
    fn check(&self) -> Result<(), InvalidInput> {
        Ok(())
    }

    #[doc(hidden)]
    fn retry_class(&self) -> RetryClass;

    /// Calls the generated method of the operation, which builds the request.
    #[doc(hidden)]
    fn build_request(&self, client: &generated::Client) -> impl Future<Output = GeneratedResult<Self::Raw>>;

    /// Decodes a success body. The caller passes an empty body as `{}`.
    #[doc(hidden)]
    fn decode(&self, body: &[u8]) -> serde_json::Result<Self::Raw> {
        // One UTF-8 check of the whole body is faster than one check for each string.
        match str::from_utf8(body) {
            Ok(body) => serde_json::from_str(body),
            Err(_) => serde_json::from_slice(body),
        }
    }

    /// Returns the output, or the name of a missing field.
    #[doc(hidden)]
    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str>;
}

/// The result of a generated method. It is always an error, because the generated client sends nothing.
///
/// The type parameter is the type of the response body.
pub(crate) type GeneratedResult<T> = Result<ResponseValue<T>, generated::Error<()>>;
