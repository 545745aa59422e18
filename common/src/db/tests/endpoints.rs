//! Endpoints of webhooks, and whom an event is told to.

use std::slice::from_ref;

use diesel::prelude::*;

use super::*;
use crate::db::events::{self, Filter, NewEvent};
use crate::db::now;
use crate::db::schema::webhook_deliveries as deliveries;
use crate::db::webhooks::endpoints::{self, Change, Endpoint, NewEndpoint};

fn endpoint(
    conn: &mut Conn,
    tenant: &TenantId,
    events: Option<&[EventType]>,
    now: Timestamp,
) -> Result<EndpointId, Error> {
    let id = EndpointId::generate();
    let new = NewEndpoint { id: &id, tenant, url: "https://example.org/", description: Some("main"), events };
    assert!(endpoints::insert(conn, &new, 50, now)?);
    Ok(id)
}

fn tell(
    conn: &mut Conn,
    tenant: &TenantId,
    resource: &str,
    event_type: EventType,
    now: Timestamp,
) -> Result<(), Error> {
    events::tell(conn, &NewEvent { tenant, resource, event_type, version: 1, details: None }, now)?;
    Ok(())
}

/// The endpoints that a resource's events are on their way to, in order of the events.
fn told(conn: &mut Conn, resource: &str) -> Result<Vec<EndpointId>, Error> {
    Ok(deliveries::table
        .filter(deliveries::resource_id.eq(resource))
        .order((deliveries::sequence, deliveries::endpoint_id))
        .select(deliveries::endpoint_id)
        .load(conn)?)
}

fn read(conn: &mut Conn, tenant: &TenantId, id: &EndpointId) -> Result<Endpoint, Error> {
    Ok(endpoints::get(conn, tenant, id)?.expect("it is there"))
}

#[tokio::test]
async fn an_event_goes_to_the_enabled_endpoints_that_want_it() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let (tenant, other) = (tenant(conn, "t", now)?, tenant(conn, "other", now)?);
                let all = endpoint(conn, &tenant, None, now)?;
                let some = endpoint(conn, &tenant, Some(&[EventType::Verified]), now)?;
                let none = endpoint(conn, &tenant, None, now)?;
                endpoint(conn, &other, None, now)?;
                let row = read(conn, &tenant, &none)?;
                endpoints::disable(conn, &row, now)?;
                assert_eq!(told(conn, none.as_str())?, from_ref(&all), "the others are told of it");
                tell(conn, &tenant, "ver_1", EventType::Created, now)?;
                tell(conn, &tenant, "ver_1", EventType::Verified, now)?;
                assert_eq!(told(conn, "ver_1")?, [all.clone(), all.clone(), some.clone()]);
                let row = read(conn, &tenant, &none)?;
                assert_eq!(row.disabled_reason, Some(DisabledReason::Asked));
                endpoints::enable(conn, &row, now)?;
                tell(conn, &tenant, "ver_2", EventType::Verified, now)?;
                assert_eq!(told(conn, "ver_2")?, [all, some, none]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_change_leaves_alone_what_it_does_not_name() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let id = endpoint(conn, &tenant, Some(&[EventType::Verified]), now)?;
                endpoints::update(conn, &id, &Change::default(), now)?;
                let row = read(conn, &tenant, &id)?;
                assert_eq!(
                    (row.url.as_str(), row.description.as_deref()),
                    ("https://example.org/", Some("main"))
                );
                assert_eq!((row.events()?, row.version), (Some(vec![EventType::Verified]), 2));
                let change = Change {
                    url: Some("https://b.example/".into()),
                    description: Some(None),
                    events: Some(None),
                };
                endpoints::update(conn, &id, &change, now)?;
                let row = read(conn, &tenant, &id)?;
                assert_eq!((row.url.as_str(), row.description, row.version), ("https://b.example/", None, 3));
                assert_eq!(read(conn, &tenant, &id)?.events()?, None);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_tenant_has_so_many_endpoints_and_no_more_and_lists_its_own() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let (tenant, other) = (tenant(conn, "t", now)?, tenant(conn, "other", now)?);
                let (a, b) = (endpoint(conn, &tenant, None, now)?, endpoint(conn, &tenant, None, now)?);
                let own = endpoints::own_endpoint(conn, &tenant, "https://own.example/", now)?;
                let id = EndpointId::generate();
                let new = NewEndpoint {
                    id: &id,
                    tenant: &tenant,
                    url: "https://c/",
                    description: None,
                    events: None,
                };
                assert!(!endpoints::insert(conn, &new, 2, now)?, "two are there");
                assert!(endpoints::insert(conn, &NewEndpoint { tenant: &other, ..new }, 2, now)?);
                let ids = |rows: Vec<Endpoint>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
                assert_eq!(ids(endpoints::list(conn, &tenant, None, 10)?), [b.clone(), a.clone()]);
                assert_eq!(ids(endpoints::list(conn, &tenant, Some(&b), 10)?), from_ref(&a));
                assert!(endpoints::get(conn, &other, &a)?.is_none());
                assert!(!read(conn, &tenant, &own)?.listed);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_webhook_url_has_one_endpoint_which_its_verifications_alone_are_told_to() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let (tenant, other) = (tenant(conn, "t", now)?, tenant(conn, "other", now)?);
                let url = "https://own.example/";
                let own = endpoints::own_endpoint(conn, &tenant, url, now)?;
                assert_eq!(endpoints::own_endpoint(conn, &tenant, url, now)?, own);
                assert_ne!(endpoints::own_endpoint(conn, &other, url, now)?, own);
                let (mine, another) = (verification(conn, &tenant, now)?, verification(conn, &tenant, now)?);
                verifications::set_webhook(conn, &mine, &own)?;
                for id in [&mine, &another] {
                    events::append(conn, &tenant, id, EventType::Created, 1, now)?;
                }
                assert_eq!(told(conn, mine.as_str())?, from_ref(&own));
                assert!(told(conn, another.as_str())?.is_empty());
                let row = read(conn, &tenant, &own)?;
                endpoints::disable(conn, &row, now)?;
                endpoints::own_endpoint(conn, &tenant, url, now)?;
                let row = read(conn, &tenant, &own)?;
                assert_eq!(row.status, EndpointStatus::Enabled, "it was named again");
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_test_goes_to_one_endpoint_alone() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let tenant = tenant(conn, "t", now)?;
                let (one, _) = (endpoint(conn, &tenant, None, now)?, endpoint(conn, &tenant, None, now)?);
                let row = read(conn, &tenant, &one)?;
                let (event, _) = endpoints::test(conn, &row, now)?;
                assert_eq!(told(conn, one.as_str())?, from_ref(&one));
                let event = events::get(conn, &tenant, &event)?.unwrap();
                assert_eq!((event.event_type, event.sequence), (EventType::EndpointTest, 1));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn events_are_listed_by_type_thing_and_time() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let (tenant, other) = (tenant(conn, "t", now)?, tenant(conn, "other", now)?);
                let later = now.plus(Duration::from_secs(1800));
                tell(conn, &tenant, "ver_1", EventType::Created, now)?;
                tell(conn, &tenant, "ver_2", EventType::Created, now)?;
                tell(conn, &tenant, "ver_1", EventType::Verified, later)?;
                tell(conn, &other, "ver_3", EventType::Created, now)?;
                let mut listed = |filter: Filter| {
                    let rows = events::of_tenant(conn, &tenant, &filter, 10)?;
                    Ok::<_, Error>(
                        rows.into_iter().map(|row| (row.resource_id, row.event_type)).collect::<Vec<_>>(),
                    )
                };
                assert_eq!(listed(Filter::default())?.len(), 3);
                let newest = ("ver_1".to_owned(), EventType::Verified);
                let of = |resource: &str| Filter { resource: Some(resource.into()), ..Filter::default() };
                assert_eq!(listed(of("ver_1"))?, [newest.clone(), ("ver_1".into(), EventType::Created)]);
                let types = vec![EventType::Verified];
                assert_eq!(listed(Filter { types, ..Filter::default() })?, from_ref(&newest));
                let since = Filter { created_from: Some(later), ..Filter::default() };
                assert_eq!(listed(since)?, [newest]);
                let before = Filter { created_before: Some(later), ..Filter::default() };
                assert_eq!(listed(before)?.len(), 2);
                Ok(())
            })
            .await;
    }
}
