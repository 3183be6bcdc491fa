//! Templates become letters.

use minijinja::{Environment, UndefinedBehavior, Value, syntax::SyntaxConfig};

/// A letter as plain text and as HTML. What people or clinics call themselves is escaped in the latter.
pub(crate) fn write(text: &'static str, html: &'static str, context: &Value) -> (String, String) {
    // A line with nothing but a block tag leaves no trace.
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    let mut templates = Environment::new();
    templates.set_syntax(syntax.build().expect("the ordinary syntax"));
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut render = |name: &'static str, source: &'static str| {
        templates.add_template(name, source).expect("the template is part of the program");
        let template = templates.get_template(name).expect("just added");
        template.render(context).expect("everything that it names is given")
    };
    (render("letter.txt", text), render("letter.html", html))
}
