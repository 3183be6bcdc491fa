use kernel::{Denied, Permission, Problem};
use runtime::{Cx, Done, Endpoint, Personal, Route, Use};
use schemars::JsonSchema;
use serde::Deserialize;
use store::Shared;

use crate::own::{Own, own};
use crate::picture::Picture;
use crate::set_own_picture::PictureView;

/// See the picture in your own profile.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetOwnPicture {}

impl Endpoint for GetOwnPicture {
    const ROUTE: Route = Route::get("/v1/me/picture");
    type Audience = Personal;
    const NEEDS: Option<Permission> = Some(Permission::ReadOwnAccount);
    const USES: &'static [Use] = &[Use::Get, Use::GetMany];
    type Reply = PictureView;

    async fn handle(self, cx: &Cx<'_, Personal>) -> Result<Done<PictureView>, Problem> {
        let Own { account, .. } = own(cx).await?;
        let picture = cx.store.get(Shared, Picture::at(account.user)).await?.ok_or(Denied::Hidden)?;
        let jpeg = picture.into_inner().jpeg;
        Ok(Done::concerning(account.patient, PictureView { jpeg }))
    }
}
