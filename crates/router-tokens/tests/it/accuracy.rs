//! How near counts come to what vendors counted: the table of `docs/tokens.md`, made anew with `ROUTER_BLESS=1`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use router_core::content::{ContentPart, MediaSource};
use router_core::tokens::TokenCounter as _;
use router_core::{Content, ModelId, ToolDefinition};
use router_tokens::{Counter, Family};

use crate::recordings::{Counted, counted};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tokens.md");
const BEGIN: &str = "<!-- begin of the table -->\n";
const END: &str = "<!-- end of the table -->";

/// Why a prompt cannot be counted from the recorded request, if so.
fn hidden(counted: &Counted) -> Option<&'static str> {
    let server_tools = counted
        .chat
        .tools
        .iter()
        .any(|tool| matches!(tool, ToolDefinition::Provider(_)));
    let mut parts = counted
        .chat
        .messages
        .iter()
        .flat_map(|message| message.content.parts().iter());
    if let Some(why) = counted.hidden {
        Some(why)
    } else if server_tools {
        Some("tools that the vendor runs")
    } else if parts.any(is_unseen) {
        Some("media by address, or parts that only the vendor reads")
    } else if counted.chat.messages.is_empty() {
        Some("nothing but instructions")
    } else {
        None
    }
}

fn is_unseen(part: &ContentPart) -> bool {
    match part {
        ContentPart::Media(media) => !matches!(media.source, MediaSource::Base64(_) | MediaSource::Text(_)),
        ContentPart::ToolResult(result) => match &result.content {
            Content::Parts(parts) => parts.iter().any(is_unseen),
            Content::Text(_) => false,
        },
        ContentPart::ServerToolCall(_) | ContentPart::Opaque(_) => true,
        _ => false,
    }
}

#[derive(Default)]
struct Row {
    /// Off by, in thousandths of the vendor's count.
    off: Vec<i64>,
}

impl Row {
    fn median(&self) -> f64 {
        let mut off: Vec<i64> = self.off.iter().map(|off| off.abs()).collect();
        off.sort_unstable();
        off[off.len() / 2] as f64 / 10.0
    }

    fn worst(&self) -> f64 {
        self.off.iter().map(|off| off.abs()).max().unwrap_or(0) as f64 / 10.0
    }

    fn within(&self, percent: i64) -> usize {
        self.off.iter().filter(|off| off.abs() <= percent * 10).count()
    }
}

/// Whose recordings a family's numbers were read off; those of other vendors show how far the numbers carry.
fn is_home(vendor: &str, family: Family) -> bool {
    let homes: &[&str] = match family {
        Family::Gpt4 | Family::Gpt4o | Family::Gpt5 => &["openai", "bedrock-mantle"],
        Family::GptOss => &["groq"],
        Family::Claude | Family::Claude5 => &["anthropic"],
        Family::Gemini => &["gemini"],
        Family::Llama => &["together"],
        Family::Qwen => &["mistralrs", "doubleword"],
        Family::Kimi => &["groq", "avian"],
        Family::DeepSeek => &["deepseek"],
        Family::Glm => &["zhipu"],
        Family::Grok => &["xai"],
        Family::Mistral => &["mistral"],
        Family::Command => &["cohere"],
        Family::Sonar => &["perplexity"],
        _ => &[],
    };
    homes.contains(&vendor)
}

fn is_openai(family: Family) -> bool {
    matches!(family, Family::Gpt4 | Family::Gpt4o | Family::Gpt5)
}

#[test]
fn counts_come_near_to_those_of_the_vendors() {
    let Some((all, unread)) = counted() else { return };
    let counter = Counter::new();
    let mut rows: BTreeMap<(String, Family), Row> = BTreeMap::new();
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &all {
        if let Some(why) = hidden(one) {
            *left_out.entry(why).or_default() += 1;
            continue;
        }
        let model = ModelId::from(one.model.as_str());
        let tokens = counter.clone().over(one.api).count_chat(&model, &one.chat);
        let off = (tokens as i64 - one.tokens as i64) * 1000 / one.tokens as i64;
        if std::env::var_os("ROUTER_SHOW").is_some() {
            println!(
                "{:>7} {tokens:>7} {off:>6} {:?} {}",
                one.tokens,
                counter.family(&model),
                one.id
            );
        }
        rows.entry((one.provider.clone(), counter.family(&model)))
            .or_default()
            .off
            .push(off);
    }

    let mut openai = Row::default();
    let mut others = Row::default();
    let mut carried = [Row::default(), Row::default()];
    for ((vendor, family), row) in &rows {
        if !is_home(vendor, *family) {
            carried[usize::from(!is_openai(*family))].off.extend(&row.off);
        }
        let sum = if is_openai(*family) {
            &mut openai
        } else {
            &mut others
        };
        sum.off.extend(&row.off);
    }
    let table = table(
        &rows,
        [&openai, &others, &carried[0], &carried[1]],
        &left_out,
        unread,
    );
    println!("{table}");
    // What is reached today: a change that counts worse has to say so.
    assert!(
        openai.within(2) * 100 >= openai.off.len() * 75,
        "OpenAI's models within 2 %"
    );
    assert!(
        openai.within(10) * 100 >= openai.off.len() * 90,
        "OpenAI's models within 10 %"
    );
    assert!(
        others.within(10) * 100 >= others.off.len() * 70,
        "other models within 10 %"
    );

    if std::env::var_os("ROUTER_BLESS").is_some_and(|value| value == "1") {
        let page = std::fs::read_to_string(PAGE).expect("the page");
        let (before, rest) = page.split_once(BEGIN).expect("the mark before the table");
        let (_, after) = rest.split_once(END).expect("the mark behind the table");
        std::fs::write(PAGE, format!("{before}{BEGIN}{table}{END}{after}")).expect("the page can be written");
    }
}

fn table(
    rows: &BTreeMap<(String, Family), Row>,
    [openai, others, carried_openai, carried_others]: [&Row; 4],
    left_out: &BTreeMap<&str, usize>,
    unread: usize,
) -> String {
    let mut text = String::from(
        "\n| vendor | models | recordings | median error | worst | goal | within it |\n|---|---|---|---|---|---|---|\n",
    );
    let mut line = |vendor: &str, models: &str, row: &Row, goal: i64| {
        let (count, median, worst, within) = (row.off.len(), row.median(), row.worst(), row.within(goal));
        writeln!(
            text,
            "| {vendor} | {models} | {count} | {median:.1} % | {worst:.1} % | {goal} % | {within} |"
        )
        .expect("a string takes all");
    };
    for ((vendor, family), row) in rows {
        line(
            vendor,
            &format!("{family:?}"),
            row,
            if is_openai(*family) { 2 } else { 10 },
        );
    }
    line("**all**", "OpenAI's", openai, 2);
    line("**all**", "others", others, 10);
    line("**of these, elsewhere**", "OpenAI's", carried_openai, 2);
    line("**of these, elsewhere**", "others", carried_others, 10);
    text.push_str("\n| left out, since the request does not show the prompt | recordings |\n|---|---|\n");
    for (why, count) in left_out
        .iter()
        .chain([(&"wires without a server side here", &unread)])
    {
        writeln!(text, "| {why} | {count} |").expect("a string takes all");
    }
    text
}
