use kernel::{Permission, Private, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::own::{Own, own};
use crate::picture::{NotAPicture, Picture, Sent};

/// Put a picture into your profile, in place of the one that is there (ID-11).
///
/// The middle of it is kept as a square of 256 pixels, and nothing of what a camera writes beside the pixels.
/// Clinics whose patient you are see it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SetOwnPicture {
    /// JPEG or PNG, base64.
    pub image: Sent,
}

/// The picture in somebody's profile.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PictureView {
    /// A square JPEG of 256 pixels, base64.
    pub jpeg: Private<String>,
}

impl Endpoint for SetOwnPicture {
    const ROUTE: Route = Route::put("/v1/me/picture");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnAccount);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Put];
    /// A kept answer would be a second copy.
    const REPLAYS: bool = false;
    /// Sixteen million pixels, and a share of a CPU to turn them over.
    const MEMORY: u16 = 1024;
    type Reply = PictureView;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<PictureView>, Problem> {
        let Own { account, .. } = own(cx).await?;
        let user = account.user;
        let work = tokio::task::spawn_blocking(move || self.image.developed(user));
        let picture = work.await.map_err(|_| NotAPicture)??;
        let change = match cx.store.get(Shared, Picture::at(user)).await? {
            Some(known) => Change::new().update(Shared, &known.with(|known| *known = picture.clone())),
            None => Change::new().create(Shared, &picture),
        };
        Ok(Done::concerning(account.patient, PictureView { jpeg: picture.jpeg }).writing(change))
    }
}
