//! A page of metrics, read as Prometheus reads it.

use router_telemetry::Metrics;

/// The samples of a page.
pub(crate) struct Page(Vec<(String, f64)>);

impl Page {
    pub(crate) fn of(metrics: &Metrics) -> Self {
        let lines = metrics.page();
        let samples = lines.lines().filter(|line| !line.starts_with('#'));
        Self(
            samples
                .map(|line| {
                    let (series, value) = line.rsplit_once(' ').expect("a sample has a value");
                    (series.to_owned(), value.parse().expect("a number"))
                })
                .collect(),
        )
    }

    /// The sum of all series of a name whose labels have all of these.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let samples = self.0.iter().filter(|(series, _)| {
            let (found, rest) = series.split_once('{').unwrap_or((series, ""));
            found == name && labels.iter().all(|label| rest.contains(label.as_str()))
        });
        samples.map(|(_, value)| value).sum()
    }

    pub(crate) fn samples(&self) -> &[(String, f64)] {
        &self.0
    }
}
