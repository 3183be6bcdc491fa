use kernel::{Denied, Permission, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Change, Shared};

use crate::own::{Own, own};
use crate::picture::Picture;

/// Take the picture out of your profile.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveOwnPicture {}

/// It is gone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PictureRemoved {}

impl Endpoint for RemoveOwnPicture {
    const ROUTE: Route = Route::delete("/v1/me/picture");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ManageOwnAccount);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany, Use::Delete];
    type Reply = PictureRemoved;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<PictureRemoved>, Problem> {
        let Own { account, .. } = own(cx).await?;
        let picture = cx.store.get(Shared, Picture::at(account.user)).await?.ok_or(Denied::Hidden)?;
        let change = Change::new().delete(Shared, &picture);
        Ok(Done::concerning(account.patient, PictureRemoved {}).writing(change))
    }
}
