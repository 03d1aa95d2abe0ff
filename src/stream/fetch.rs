//! Sends the requests of a stream.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{runtime::Handle, task::JoinHandle};
use tracing::{Instrument as _, instrument::WithSubscriber as _};

use super::{
    page::{self, Page, Row},
    walk::PageRequest,
};
use crate::{
    Error, Outcome, Request,
    contacts::{CountContacts, ListContacts, OrderBy},
    error::Cause,
    generated,
    rate_limit_pause::send_with_pauses,
    request::{GeneratedResult, Operation},
    retry::RetryClass,
    route::Route,
};

/// A request in flight.
pub(super) type Fetch = Pin<Box<dyn Future<Output = Result<Fetched, Error>> + Send>>;

/// The decoded response of a request.
pub(super) enum Fetched {
    Page(Vec<Row>),
    Count(u64),
}

/// Requests one page of a list.
///
/// With `in_task`, the request runs in its own task and makes progress while the consumer handles the previous page.
/// The task keeps the span and the subscriber of the consumer. Outside a tokio runtime, `in_task` has no effect.
pub(super) fn page(list: &Request<ListContacts>, page: PageRequest, in_task: bool) -> Fetch {
    let params = list.params().map(|params| page_params(params, page)).map_err(Clone::clone);
    let request = list.with_params(params);
    let fetch = async move { page::rows(send_with_pauses(request).await).map(Fetched::Page) };
    match Handle::try_current() {
        Ok(runtime) if in_task => {
            Box::pin(AbortOnDrop(runtime.spawn(fetch.in_current_span().with_current_subscriber())))
        }
        _ => Box::pin(fetch),
    }
}

/// Requests the number of contacts in the account, with the call options of the list request.
pub(super) fn count(list: &Request<ListContacts>) -> Fetch {
    let request = list.with_params(Ok(CountContacts {}));
    Box::pin(async move { Ok(Fetched::Count(send_with_pauses(request).await?.into_value())) })
}

fn page_params(list: &ListContacts, page: PageRequest) -> ListPage {
    ListPage(ListContacts {
        created_at_gte: page.created_at_gte,
        offset: (page.offset > 0).then_some(page.offset),
        limit: page.limit.try_into().ok(),
        order_by: Some(OrderBy::CREATED_AT),
        order_direction: Some(page.direction),
        ..list.clone()
    })
}

/// The operation `contacts.list`, whose body is decoded only as far as the stream needs it.
#[derive(Clone)]
struct ListPage(ListContacts);

impl Operation for ListPage {
    type Output = Page;
    type Raw = Page;

    const ROUTE: Route = ListContacts::ROUTE;

    fn retry_class(&self) -> RetryClass {
        self.0.retry_class()
    }

    async fn build_request(&self, client: &generated::Client) -> GeneratedResult<Self::Raw> {
        // The result of a generated method is always an error.
        match self.0.build_request(client).await {
            Err(error) => Err(error),
            Ok(_) => Err(generated::Error::Custom(String::new())),
        }
    }

    fn output(raw: Self::Raw) -> Result<Self::Output, &'static str> {
        Ok(raw)
    }
}

/// A task that is aborted when its handle is dropped.
struct AbortOnDrop(JoinHandle<Result<Fetched, Error>>);

impl Future for AbortOnDrop {
    type Output = Result<Fetched, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let fetched = ready!(Pin::new(&mut self.0).poll(context));
        // The source is left out: it contains the message of the panic, which may contain a token.
        Poll::Ready(fetched.unwrap_or_else(|failed| {
            let cause = if failed.is_panic() { Cause::Panic } else { Cause::Shutdown };
            Err(Error::new(cause, Outcome::Unknown))
        }))
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
