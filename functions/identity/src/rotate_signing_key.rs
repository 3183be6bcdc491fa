use gateways::RsaKey;
use kernel::{Id, Problem, kind};
use runtime::{Cx, Done, Scheduled, System, Use};
use store::{Change, Shared};

use crate::signing_key::{KeyRing, PURPOSE, SigningKey};

/// Make the next signing key when it is due. The first run of a new environment makes the first one.
pub struct RotateSigningKey;

impl Scheduled for RotateSigningKey {
    const EVERY: &'static str = "rate(1 hour)";
    const USES: &'static [Use] = &[Use::Get, Use::Put, Use::Seal];

    async fn run(cx: &Cx<'_, System>) -> Result<Done<()>, Problem> {
        let ring = cx.store.get(Shared, KeyRing::at()).await?;
        if ring.as_ref().is_some_and(|ring| !ring.is_due(cx.now)) {
            return Ok(Done::impersonal(()));
        }
        let pair = RsaKey::generate()?;
        let kid: Id<kind::Token> = cx.id();
        let sealed = cx.host.vault().await.seal(PURPOSE, pair.private).await?;
        let key = SigningKey::new(kid.to_string(), cx.now, &pair.modulus, &pair.exponent, &sealed);
        let change = match ring {
            Some(ring) => Change::new().update(Shared, &ring.with(|ring| ring.add(key))),
            None => {
                let mut ring = KeyRing::default();
                ring.add(key);
                Change::new().create(Shared, &ring)
            }
        };
        Ok(Done::impersonal(()).writing(change))
    }
}
