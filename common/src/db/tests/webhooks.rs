//! Webhooks: their secrets, and where they may go.

use std::time::Duration;

use super::{databases, tenant};
use crate::crypto::SecretKey;
use crate::db::webhooks::secrets::{self, Owner};
use crate::db::{now, tenants};
use crate::domain::Receivers;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn at_most_two_secrets_of_an_owner_are_in_force_and_the_newest_comes_first() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let (now, key) = (now(conn)?, SecretKey::generate());
                let (one, other) = (tenant(conn, "one", now)?, tenant(conn, "other", now)?);
                let owner = Owner { tenant: &one, endpoint: None };
                let first = secrets::in_force(conn, &key, owner, now)?.remove(0);
                assert_eq!(first.to_text().len(), "whsec_".len() + 44);
                assert!(!format!("{first:?}").contains(&first.to_text()[6..]));
                let second = secrets::rotate(conn, &key, owner, HOUR, now)?;
                let texts = |conn: &mut _, at| {
                    let found = secrets::in_force(conn, &key, owner, at)?;
                    Ok::<_, crate::db::Error>(found.iter().map(|s| s.to_text()).collect::<Vec<_>>())
                };
                assert_eq!(texts(conn, now)?, [second.to_text(), first.to_text()]);
                assert_eq!(texts(conn, now.plus(HOUR))?, [second.to_text()], "the overlap is over");
                let third = secrets::rotate(conn, &key, owner, HOUR, now)?;
                assert_eq!(texts(conn, now)?, [third.to_text(), second.to_text()]);
                let fourth = secrets::rotate(conn, &key, owner, Duration::ZERO, now)?;
                assert_eq!(texts(conn, now)?, [fourth.to_text()]);

                let foreign = Owner { tenant: &other, endpoint: None };
                let foreign = secrets::in_force(conn, &key, foreign, now)?;
                assert_ne!(foreign[0].to_text(), fourth.to_text());
                assert!(secrets::in_force(conn, &SecretKey::generate(), owner, now).is_err());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_tenant_keeps_what_the_operator_allows_it() {
    for scratch in databases().await {
        scratch
            .run(|conn| {
                let now = now(conn)?;
                let id = tenant(conn, "one", now)?;
                assert_eq!(tenants::receivers(conn, &id)?, Receivers::default());
                let own = Receivers { networks: vec!["10.0.0.0/8".parse().unwrap()], http: true };
                tenants::set_receivers(conn, &id, &own)?;
                assert_eq!(tenants::receivers(conn, &id)?, own);
                tenants::set_receivers(conn, &id, &Receivers::default())?;
                assert_eq!(tenants::receivers(conn, &id)?, Receivers::default());
                Ok(())
            })
            .await;
    }
}
