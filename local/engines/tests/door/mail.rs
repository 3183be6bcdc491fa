use aws_sdk_sesv2::{
    error::ProvideErrorMetadata,
    primitives::Blob,
    types::{Body, Content, Destination, EmailContent, Message, RawMessage},
};
use engines::MailKind;

use crate::house::House;

fn simple(subject: &str) -> EmailContent {
    let content = |data: &str| Content::builder().data(data).charset("UTF-8").build().unwrap();
    let body = Body::builder().text(content("Bis bald, Jürgen")).html(content("<p>Bis bald</p>")).build();
    EmailContent::builder().simple(Message::builder().subject(content(subject)).body(body).build()).build()
}

#[tokio::test]
async fn mails_are_kept_newest_first_across_restarts() {
    let house = House::with(|settings| {
        settings
            .policies
            .grant("send-confirmation", engines::Statement::new(["ses:SendEmail"], ["careplane.example"]));
    })
    .await;
    let ses = house.ses("send-confirmation");
    let send = |subject: &str| {
        ses.send_email()
            .from_email_address("Careplane <hello@careplane.example>")
            .destination(
                Destination::builder()
                    .to_addresses("juergen@example.org")
                    .bcc_addresses("b@example.org")
                    .build(),
            )
            .reply_to_addresses("clinic@example.org")
            .content(simple(subject))
            .send()
    };
    let first = send("Your appointment").await.unwrap().message_id.unwrap();
    send("Your second appointment").await.unwrap();

    let house = house.restart().await;
    let mails = house.engines.mails(10).await.unwrap();
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.as_deref().unwrap()).collect();
    assert_eq!(subjects, ["Your second appointment", "Your appointment"]);
    let mail = house.engines.mail(mails[1].id).await.unwrap().unwrap();
    assert_eq!(mail.kind, MailKind::Mail);
    assert_eq!(mail.principal, "send-confirmation");
    assert_eq!(mail.at, house.engines.now());
    assert_eq!(mail.message_id, first);
    assert_eq!(mail.from.as_deref(), Some("Careplane <hello@careplane.example>"));
    assert_eq!(mail.to, ["juergen@example.org"]);
    assert_eq!(mail.bcc, ["b@example.org"]);
    assert_eq!(mail.reply_to, ["clinic@example.org"]);
    assert_eq!(mail.text.as_deref(), Some("Bis bald, Jürgen"));
    assert_eq!(mail.html.as_deref(), Some("<p>Bis bald</p>"));
}

#[tokio::test]
async fn a_raw_mail_brings_its_own_headers() {
    let house = House::new().await;
    let raw = "From: hello@careplane.example\r\nTo: a@example.org\r\nSubject: Raw\r\n\r\nPlain words\r\n";
    let raw = RawMessage::builder().data(Blob::new(raw)).build().unwrap();
    let send = house.ses("admin").send_email().content(EmailContent::builder().raw(raw).build());
    send.send().await.unwrap();
    let mail = house.engines.mails(1).await.unwrap().remove(0);
    assert_eq!(
        (mail.subject.as_deref(), mail.text.as_deref().map(str::trim_end)),
        (Some("Raw"), Some("Plain words"))
    );
    assert_eq!(mail.to, ["a@example.org"]);
}

#[tokio::test]
async fn a_mail_to_nobody_or_from_nobody_is_refused() {
    let house = House::new().await;
    for (from, to) in [
        ("hello@careplane.example", None),
        ("nobody", Some("a@example.org")),
        ("a@b.example", Some("nobody")),
    ] {
        let mut destination = Destination::builder();
        destination = destination.set_to_addresses(to.map(|to| vec![to.to_owned()]));
        let send = house.ses("admin").send_email().from_email_address(from).destination(destination.build());
        let refused = send.content(simple("x")).send().await.unwrap_err();
        assert_eq!(refused.code(), Some("BadRequestException"), "{from} {to:?}");
    }
    assert!(house.engines.mails(1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_text_message_lands_in_the_same_box() {
    let house = House::new().await;
    let sns = house.sns("admin");
    let send = |number: &str| {
        sns.publish().phone_number(number).message("Your code is 123456 & nothing <else>").send()
    };
    send("+4915112345678").await.unwrap();
    let refused = send("0151").await.unwrap_err().into_service_error();
    assert!(refused.is_invalid_parameter_exception(), "{refused:?}");
    let mails = house.engines.mails(10).await.unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].kind, MailKind::Sms);
    assert_eq!(mails[0].to, ["+4915112345678"]);
    assert_eq!(mails[0].text.as_deref(), Some("Your code is 123456 & nothing <else>"));
}
