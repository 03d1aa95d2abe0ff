//! Sends the requests of a stream.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{runtime::Handle, task::JoinHandle};

use super::{
    page::{self, Row},
    walk::PageRequest,
};
use crate::{
    Error, Outcome, Request,
    contacts::{CountContacts, ListContacts, OrderBy},
    error::Cause,
    rate_limit_pause::send_with_pauses,
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
/// Outside a tokio runtime, `in_task` has no effect.
pub(super) fn page(list: &Request<ListContacts>, page: PageRequest, in_task: bool) -> Fetch {
    let params = list.params().map(|params| page_params(params, page)).map_err(Clone::clone);
    let request = list.with_params(params);
    let fetch = async move { page::rows(send_with_pauses(request).await).map(Fetched::Page) };
    match Handle::try_current() {
        Ok(runtime) if in_task => Box::pin(AbortOnDrop(runtime.spawn(fetch))),
        _ => Box::pin(fetch),
    }
}

/// Requests the number of contacts in the account, with the call options of the list request.
pub(super) fn count(list: &Request<ListContacts>) -> Fetch {
    let request = list.with_params(Ok(CountContacts {}));
    Box::pin(async move { Ok(Fetched::Count(send_with_pauses(request).await?.into_value())) })
}

fn page_params(list: &ListContacts, page: PageRequest) -> ListContacts {
    ListContacts {
        created_at_gte: page.created_at_gte,
        offset: (page.offset > 0).then_some(page.offset),
        limit: page.limit.try_into().ok(),
        order_by: Some(OrderBy::CREATED_AT),
        order_direction: Some(page.direction),
        ..list.clone()
    }
}

/// A task that is aborted when its handle is dropped.
struct AbortOnDrop(JoinHandle<Result<Fetched, Error>>);

impl Future for AbortOnDrop {
    type Output = Result<Fetched, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // The task fails only if it panics or the runtime shuts down. The outcome of the request is then unknown.
        Poll::Ready(
            ready!(Pin::new(&mut self.0).poll(context))
                .unwrap_or_else(|failed| Err(Error::new(Cause::ConnectionLost, Outcome::Unknown).with_source(failed))),
        )
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
