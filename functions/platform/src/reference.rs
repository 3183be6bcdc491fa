//! The API reference: the OpenAPI document as one page, readable without a script. Pure.

use minijinja::value::Serde;
use minijinja::{Environment, HtmlEscape, Value, context};

/// Write the page.
pub fn page(document: &str) -> String {
    let document: serde_json::Value = serde_json::from_str(document).expect("written by `make infra`");
    let mut templates = Environment::new();
    templates.add_filter("prose", |text: &str| Value::from_safe_string(prose(text)));
    templates
        .add_template("reference.html", include_str!("reference.html"))
        .expect("the template is part of the program");
    let template = templates.get_template("reference.html").expect("just added");
    template.render(context! { api => Serde(&document) }).expect("the document is complete")
}

/// Doc comments are Markdown, of which only `code` occurs.
fn prose(text: &str) -> String {
    let pieces = text.split('`').map(|piece| HtmlEscape(piece).to_string()).enumerate();
    pieces.map(|(n, piece)| if n % 2 == 1 { format!("<code>{piece}</code>") } else { piece }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn code_in_prose_is_marked_and_all_of_it_escaped() {
        assert_eq!(super::prose("say `a<b>` & go"), "say <code>a&lt;b&gt;</code> &amp; go");
    }

    #[test]
    fn every_operation_is_on_the_page() {
        let page = super::page(crate::OPENAPI);
        let document: serde_json::Value = serde_json::from_str(crate::OPENAPI).unwrap();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for operation in methods.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
            }
            assert!(page.contains(&minijinja::HtmlEscape(path).to_string()), "{path}");
        }
        assert!(!page.contains("<script"), "the page needs no script");
    }
}
