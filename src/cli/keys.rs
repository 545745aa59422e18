//! `idv keys`: API keys.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use idv_common::auth::Secret;
use idv_common::context::{self, DEFAULT_TENANT};
use idv_common::db::access_log::{self, Access};
use idv_common::db::{self, api_keys, tenants};
use idv_common::domain::KeyId;
use idv_common::{Config, Context};

use super::output;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Create a key and print it; it cannot be shown again.
    Create {
        /// What the key is for.
        name: String,
        /// The tenant that it opens.
        #[arg(long, default_value = DEFAULT_TENANT)]
        tenant: String,
    },
    /// List a tenant's keys.
    List {
        /// The tenant.
        #[arg(long, default_value = DEFAULT_TENANT)]
        tenant: String,
    },
    /// Stop a key from working.
    Revoke {
        /// The key's id, `key_…`.
        id: KeyId,
    },
}

/// Runs `idv keys`.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let ctx = Context::connect(config).await?;
        match args.action {
            Action::Create { name, tenant } => create(&ctx, name, tenant).await?,
            Action::List { tenant } => list(&ctx, tenant).await?,
            Action::Revoke { id } => revoke(&ctx, id).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn create(ctx: &Context, name: String, tenant: String) -> anyhow::Result<()> {
    let keyring = ctx.keyring.clone();
    let key = ctx
        .db
        .transaction(move |conn| {
            let now = db::now(conn)?;
            if tenant == DEFAULT_TENANT {
                context::default_tenant(conn, &keyring, now)?;
            }
            let tenant = find(conn, &tenant)?;
            let (id, secret) = (KeyId::generate(), Secret::generate());
            api_keys::insert(conn, &id, &tenant.id, &name, &secret.digest(), now)?;
            log(conn, &tenant, "key.created", &id)?;
            Ok::<_, anyhow::Error>(secret.as_api_key(&id))
        })
        .await?;
    output::line(key);
    Ok(())
}

async fn list(ctx: &Context, tenant: String) -> anyhow::Result<()> {
    let keys = ctx.db.read(move |conn| {
        let tenant = find(conn, &tenant)?;
        Ok::<_, anyhow::Error>(api_keys::list(conn, &tenant.id)?)
    });
    for key in keys.await? {
        let state = key.revoked_at.map_or_else(|| "works".to_owned(), |at| format!("revoked {at}"));
        output::line(format_args!("{}  {}  created {}  {state}", key.id, key.name, key.created_at));
    }
    Ok(())
}

async fn revoke(ctx: &Context, id: KeyId) -> anyhow::Result<()> {
    let revoked = id.clone();
    ctx.db
        .transaction(move |conn| {
            let now = db::now(conn)?;
            if !api_keys::revoke(conn, &revoked, now)? {
                bail!("failed to revoke `{revoked}`: there is no such working key");
            }
            let key = api_keys::get(conn, &revoked)?.ok_or_else(|| anyhow!("failed to find `{revoked}`"))?;
            let tenant =
                tenants::get(conn, &key.tenant_id)?.ok_or_else(|| anyhow!("the key has no tenant"))?;
            log(conn, &tenant, "key.revoked", &revoked)
        })
        .await?;
    output::line(format_args!("Revoked {id}."));
    Ok(())
}

/// The tenant of that name.
pub(super) fn find(conn: &mut db::Conn, name: &str) -> anyhow::Result<tenants::Tenant> {
    tenants::by_name(conn, name)?
        .ok_or_else(|| anyhow!("failed to find the tenant `{name}`: `idv tenants list` names them"))
}

fn log(conn: &mut db::Conn, tenant: &tenants::Tenant, action: &str, id: &KeyId) -> anyhow::Result<()> {
    let access = Access { tenant: &tenant.id, actor: "cli", action, resource: id.as_str(), request_id: None };
    let now = db::now(conn)?;
    Ok(access_log::append(conn, &access, now)?)
}
