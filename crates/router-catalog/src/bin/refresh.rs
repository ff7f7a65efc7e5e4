//! Makes the data anew from a folder of records: providers under our ids, sorted, one record a model.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use router_catalog::Model;
use serde_json::Value;

/// The files of a folder; a record in an earlier one wins.
const FILES: [&str; 3] = ["models.jsonl", "models-retired.jsonl", "models-extra.jsonl"];

/// Providers that have another name here. Where one of ours has two sources, its own name wins.
const NAMES: [(&str, &str); 5] = [
    ("azure-ai-foundry", "azure"),
    ("black-forest-labs", "bfl"),
    ("dashscope", "aliyun"),
    ("nvidia-nim", "nvidia"),
    ("zai", "zhipu"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, output] = arguments.as_slice() else {
        eprintln!("usage: refresh-catalog FOLDER OUTPUT");
        return ExitCode::from(2);
    };
    match refresh(Path::new(folder), Path::new(output)) {
        Ok(count) => {
            println!("{count} models");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn refresh(folder: &Path, output: &Path) -> Result<usize, String> {
    let mut models: BTreeMap<(String, String), Model> = BTreeMap::new();
    let mut renamed = Vec::new();
    for file in FILES {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        for (number, line) in text.lines().enumerate() {
            let mut model =
                read(line).map_err(|error| format!("{}, line {}: {error}", path.display(), number + 1))?;
            let name = NAMES.iter().find(|(theirs, _)| model.provider == **theirs);
            if let Some((_, ours)) = name {
                model.provider = (*ours).into();
                renamed.push(model);
            } else {
                keep(&mut models, model);
            }
        }
    }
    for model in renamed {
        keep(&mut models, model);
    }
    let mut text = String::new();
    for model in models.values() {
        text.push_str(&serde_json::to_string(model).map_err(|error| error.to_string())?);
        text.push('\n');
    }
    std::fs::write(output, text).map_err(|error| format!("{}: {error}", output.display()))?;
    Ok(models.len())
}

/// A record. Sources write some counts as `2048.0`.
fn read(line: &str) -> serde_json::Result<Model> {
    let mut record: BTreeMap<String, Value> = serde_json::from_str(line)?;
    for name in ["context", "max_output", "dims"] {
        if let Some(value) = record.get_mut(name)
            && let Some(count) = value.as_f64().filter(|count| count.fract() == 0.0)
        {
            *value = Value::from(count as u64);
        }
    }
    serde_json::from_value(record.into_iter().collect())
}

fn keep(models: &mut BTreeMap<(String, String), Model>, model: Model) {
    let key = (model.provider.to_string(), model.id.to_string());
    models.entry(key).or_insert(model);
}
