use gateways::RsaKey;
use kernel::{Id, Problem, kind};
use runtime::{Cx, Done, Scheduled, System, Use};
use store::{Change, Shared, Stored};

use crate::signing_key::{PURPOSE, SigningKey, is_due};

/// Make the next signing key when it is due. The first run of a new environment makes the first one.
pub struct RotateSigningKey;

impl Scheduled for RotateSigningKey {
    const EVERY: &'static str = "rate(1 hour)";
    const USES: &'static [Use] = &[Use::Query, Use::Put, Use::Seal];

    async fn run(cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let (range, page) = SigningKey::newest();
        let keys: Vec<_> =
            cx.store.list(Shared, range, page).await?.items.into_iter().map(Stored::into_inner).collect();
        if !is_due(&keys, cx.now) {
            return Ok(Done::impersonal(()));
        }
        let pair = RsaKey::generate()?;
        let kid: Id<kind::Token> = cx.id();
        let sealed = cx.host.vault().await.seal(PURPOSE, pair.private).await?;
        let key = SigningKey::new(kid.to_string(), cx.now, &pair.modulus, &pair.exponent, &sealed);
        Ok(Done::impersonal(()).writing(Change::new().create(Shared, &key)))
    }
}
