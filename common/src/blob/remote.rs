//! Object stores that are reached over the network. S3 is tested against a server; Google's and Azure's stores were
//! not: of them only the settings are.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Certificate, ClientOptions, ObjectStore, RetryConfig};
use secrecy::ExposeSecret;

use super::Error;
use crate::config::BlobsConfig;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(30);

/// How long a request that failed is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// The store that a URL names, which is the value of the setting `name`, below the prefix that it names.
pub(super) fn open(
    config: &BlobsConfig,
    url: &str,
    name: &'static str,
) -> Result<Arc<dyn ObjectStore>, Error> {
    let parts = url.split_once("://").map(|(scheme, place)| {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        (scheme, bucket, prefix)
    });
    let (scheme, bucket, prefix) = match parts {
        Some((scheme @ ("s3" | "gs" | "az"), bucket, prefix)) if !bucket.is_empty() => {
            (scheme, bucket, Path::parse(prefix).map_err(|cause| setting(name, &cause))?)
        }
        _ => {
            let shape = "it has to look like s3://bucket/prefix, gs://bucket/prefix or az://container/prefix";
            return Err(setting(name, &format!("`{url}`: {shape}")));
        }
    };
    let client = client(config)?;
    let store: Arc<dyn ObjectStore> = match scheme {
        "s3" => Arc::new(s3(config, bucket, client).build().map_err(refused)?),
        "gs" => Arc::new(google(config, bucket, client).build().map_err(refused)?),
        _ => Arc::new(azure(config, bucket, client).build().map_err(refused)?),
    };
    Ok(if prefix.is_root() { store } else { Arc::new(PrefixStore::new(store, prefix)) })
}

fn s3(config: &BlobsConfig, bucket: &str, client: ClientOptions) -> AmazonS3Builder {
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_client_options(client)
        .with_retry(retry())
        .with_virtual_hosted_style_request(!config.path_style);
    if !config.endpoint.is_empty() {
        builder = builder.with_endpoint(&config.endpoint);
    }
    if !config.region.is_empty() {
        builder = builder.with_region(&config.region);
    }
    if !config.access_key_id.is_empty() {
        builder = builder.with_access_key_id(&config.access_key_id);
    }
    if !config.secret_access_key.expose_secret().is_empty() {
        builder = builder.with_secret_access_key(config.secret_access_key.expose_secret());
    }
    builder
}

fn google(config: &BlobsConfig, bucket: &str, client: ClientOptions) -> GoogleCloudStorageBuilder {
    let mut builder = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(bucket)
        .with_client_options(client)
        .with_retry(retry());
    if !config.endpoint.is_empty() {
        builder = builder.with_base_url(&config.endpoint);
    }
    if !config.secret_access_key.expose_secret().is_empty() {
        builder = builder.with_service_account_key(config.secret_access_key.expose_secret());
    }
    builder
}

fn azure(config: &BlobsConfig, container: &str, client: ClientOptions) -> MicrosoftAzureBuilder {
    let mut builder = MicrosoftAzureBuilder::from_env()
        .with_container_name(container)
        .with_client_options(client)
        .with_retry(retry());
    if !config.endpoint.is_empty() {
        builder = builder.with_endpoint(config.endpoint.clone());
    }
    if !config.access_key_id.is_empty() {
        builder = builder.with_account(&config.access_key_id);
    }
    if !config.secret_access_key.expose_secret().is_empty() {
        builder = builder.with_access_key(config.secret_access_key.expose_secret());
    }
    builder
}

fn client(config: &BlobsConfig) -> Result<ClientOptions, Error> {
    let mut client = ClientOptions::new()
        .with_connect_timeout(CONNECT)
        .with_timeout(REQUEST)
        .with_allow_http(config.allow_http);
    if !config.ca_file.as_os_str().is_empty() {
        let at = |cause: &dyn std::fmt::Display| {
            setting("blobs.ca_file", &format!("`{}`: {cause}", config.ca_file.display()))
        };
        let pem = std::fs::read(&config.ca_file).map_err(|cause| at(&cause))?;
        for certificate in Certificate::from_pem_bundle(&pem).map_err(|cause| at(&cause))? {
            client = client.with_root_certificate(certificate);
        }
    }
    Ok(client)
}

fn retry() -> RetryConfig {
    RetryConfig { retry_timeout: RETRY, ..RetryConfig::default() }
}

fn refused(cause: object_store::Error) -> Error {
    Error::Setting(format!("s of `blobs`: {cause}"))
}

/// A setting that names no usable store.
pub(super) fn setting(name: &str, cause: &dyn std::fmt::Display) -> Error {
    Error::Setting(format!(" `{name}`: {cause}"))
}
