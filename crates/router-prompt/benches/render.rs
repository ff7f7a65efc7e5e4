//! What a rendering costs: `cargo bench -p router-prompt`. Prints renderings a second, and fails below what is promised.

use std::process::ExitCode;
use std::time::Instant;

use router_prompt::{Library, Vars};

/// Renderings of a 1 KB template a second, on one core.
const PROMISED: f64 = 200_000.0;
const RENDERINGS: u32 = 100_000;
/// Of so many runs the best counts: others use the machine as well.
const RUNS: usize = 5;

fn main() -> ExitCode {
    let mut library = Library::new();
    let words = "These are words of the template that stay as they are, whatever is given. ".repeat(11);
    let front = "+++\n[variables.name]\n[variables.topic]\n[variables.tone]\ndefault = \"plain\"\n[variables.text]\n[variables.loud]\ntype = \"boolean\"\n+++\n";
    let body = "You write for {{name}} about {{topic}}.\n{{#if loud}}Be loud.{{else}}Be {{tone}}.{{/if}}\n\n<text>\n{{text}}\n</text>\n";
    library
        .add("bench", &format!("{front}{words}{body}"))
        .expect("a template");
    let text = "Some sentences of a user that are put into the prompt.";
    let vars = Vars::new()
        .with("name", "Ann")
        .with("topic", "routers")
        .with("text", text)
        .with("loud", false);
    let bytes = library.render("bench", &vars).expect("a text").len();

    let best = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..RENDERINGS {
                std::hint::black_box(
                    library
                        .render("bench", std::hint::black_box(&vars))
                        .expect("a text"),
                );
            }
            f64::from(RENDERINGS) / start.elapsed().as_secs_f64()
        })
        .fold(0.0, f64::max);
    println!("{bytes} bytes: {best:.0} renderings a second");
    if best < PROMISED {
        println!("promised: {PROMISED:.0}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
