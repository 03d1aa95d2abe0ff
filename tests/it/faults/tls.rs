//! TLS servers with one fault each, and the certificates for them.

use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
        server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    },
};

use crate::server::Stream;

impl Stream for tokio_rustls::server::TlsStream<tokio::net::TcpStream> {
    fn tcp(&self) -> &tokio::net::TcpStream {
        self.get_ref().0
    }
}

/// The certificate of a server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Certificate {
    Valid,
    /// A valid certificate; the server requires a client certificate too.
    ValidAndClientAuth,
    SelfSigned,
    Expired,
    NotYetValid,
    OtherHost,
}

/// The certificate authority that the clients of these tests trust.
struct Authority {
    pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).expect("a certificate");
    Authority { pem: certificate.pem(), certificate: certificate.der().clone(), issuer: Issuer::new(params, key) }
});

/// Returns the certificate of the authority, as PEM.
pub(super) fn authority_pem() -> &'static str {
    &AUTHORITY.pem
}

pub(super) fn acceptor(certificate: Certificate) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let host = if let Certificate::OtherHost = certificate { "other.example" } else { "127.0.0.1" };
    let mut params = CertificateParams::new([host.to_owned()]).expect("a name");
    match certificate {
        Certificate::Expired => params.not_after = date_time_ymd(2020, 1, 1),
        Certificate::NotYetValid => params.not_before = date_time_ymd(4000, 1, 1),
        _ => {}
    }
    let signed = match certificate {
        Certificate::SelfSigned => params.self_signed(&key),
        _ => params.signed_by(&key, &AUTHORITY.issuer),
    };
    let chain = vec![signed.expect("a certificate").der().clone()];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));

    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let client_verifier: Arc<dyn ClientCertVerifier> = if let Certificate::ValidAndClientAuth = certificate {
        let mut roots = RootCertStore::empty();
        roots.add(AUTHORITY.certificate.clone()).expect("an authority");
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().expect("a verifier")
    } else {
        WebPkiClientVerifier::no_client_auth()
    };
    let config =
        config.with_client_cert_verifier(client_verifier).with_single_cert(chain, key).expect("a chain and its key");
    TlsAcceptor::from(Arc::new(config))
}
