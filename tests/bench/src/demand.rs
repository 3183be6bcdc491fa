//! What is asked for, in process and over HTTP alike.

use jiff::Timestamp;
use journeys::booking::{Offer, Span, Wish};
use serde_json::Value;

/// Times that can all be booked, one after the other, in turn with each provider of the first clinic.
///
/// Every provider has patients of their own, so that nobody is asked to be in two places.
pub(crate) fn bookings(demo: &Value, free: &[(Offer, Vec<Span>)]) -> Vec<Wish> {
    let patients: Vec<_> =
        demo["patients"].as_array().into_iter().flatten().filter_map(|p| p["id"].as_str()).collect();
    let own = patients.len() / free.len();
    let queues = free.iter().enumerate().map(|(position, (offer, spans))| {
        let patients = &patients[position * own..][..own];
        let mut until = Timestamp::MIN;
        let apart = spans.iter().filter(move |span| {
            let fits = span.start >= until;
            until = if fits { span.end } else { until };
            fits
        });
        let wishes = apart.zip(patients.iter().cycle()).map(|(span, patient)| {
            let patient = Some((*patient).to_owned());
            Wish { patient, ..Wish::new(offer, span.start) }
        });
        wishes.collect::<Vec<_>>()
    });
    let queues: Vec<_> = queues.collect();
    let longest = queues.iter().map(Vec::len).max().unwrap_or_default();
    (0..longest).flat_map(|turn| queues.iter().filter_map(move |queue| queue.get(turn).cloned())).collect()
}

/// The shortest service of each provider of the first clinic: what can be booked most often.
pub(crate) fn shortest(demo: &Value) -> Vec<Offer> {
    let mut offers = journeys::booking::offers(demo);
    let clinic = offers[0].clinic.clone();
    offers.retain(|offer| offer.clinic == clinic);
    offers.sort_by_key(|offer| (offer.provider.clone(), offer.minutes));
    offers.dedup_by_key(|offer| offer.provider.clone());
    offers
}
