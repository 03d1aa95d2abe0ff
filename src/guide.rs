//! Guides: a short example for each subject, then the details.
//!
//! | guide | question |
//! |---|---|
//! | [`cookbook`] | How do I do this one task? |
//! | [`credentials`] | Where do the keys come from, and how does a program act for many accounts? |
//! | [`errors`] | What failed, was the request carried out, and does a retry help? |
//! | [`retries`] | Which requests does the client repeat, and when? |
//! | [`listing`] | How do I read one page, or every contact? |
//! | [`jobs`] | How do I import or remove many contacts? |
//! | [`phone_numbers`] | Which numbers are valid, and how do I parse punctuation? |
//! | [`rate_limits`] | How do I avoid 429 responses? |
//! | [`connections`] | How do I set timeouts, proxies, certificates or another HTTP library? |
//! | [`testing`] | How do I test my program without the service? |
//! | [`tracing`] | Which spans and events does a call record, and which data does it never record? |
//! | [`blocking_programs`] | How do I call the service from code that is not async? |

#[doc = include_str!("guide/cookbook.md")]
pub mod cookbook {}

#[doc = include_str!("guide/credentials.md")]
pub mod credentials {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/retries.md")]
pub mod retries {}

#[doc = include_str!("guide/listing.md")]
pub mod listing {}

#[doc = include_str!("guide/jobs.md")]
pub mod jobs {}

#[doc = include_str!("guide/phone_numbers.md")]
pub mod phone_numbers {}

#[doc = include_str!("guide/rate_limits.md")]
pub mod rate_limits {}

#[doc = include_str!("guide/connections.md")]
pub mod connections {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/tracing.md")]
pub mod tracing {}

#[doc = include_str!("guide/blocking_programs.md")]
pub mod blocking_programs {}
