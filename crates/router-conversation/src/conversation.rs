//! One conversation in memory: what was said, what is pinned, what was summed up.

use std::collections::{BTreeMap, HashMap};

use router_core::content::ContentPart;
use router_core::tokens::TokenCounter;
use router_core::{Message, ModelId, Role, Text};
use router_tokens::Tally;

use crate::exchange::Kind;
use crate::record::{Entry, Record, Summary};

/// A conversation. Changes are kept as records until [`Conversation::take_records`] hands them to a store.
#[derive(Clone, Debug)]
pub struct Conversation {
    id: Text,
    entries: Vec<Entry>,
    kinds: Vec<Kind>,
    summarised: Vec<bool>,
    places: HashMap<Text, usize>,
    summary: Option<Text>,
    parent: Option<(Text, Option<Text>)>,
    tally: Option<Tally>,
    records: Vec<Record>,
}

/// Numbers of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Messages by role.
    pub messages: BTreeMap<Role, usize>,
    /// Tokens of all of them.
    pub tokens: u64,
    /// Of these, pinned.
    pub pinned: usize,
    /// Tool calls.
    pub tool_calls: usize,
    /// Images, documents, sounds, films.
    pub media: usize,
    /// Messages that a summary stands for.
    pub summarised: usize,
}

impl Conversation {
    /// An empty conversation.
    #[must_use]
    pub fn new(id: impl Into<Text>) -> Self {
        Self {
            id: id.into(),
            entries: Vec::new(),
            kinds: Vec::new(),
            summarised: Vec::new(),
            places: HashMap::new(),
            summary: None,
            parent: None,
            tally: None,
            records: Vec::new(),
        }
    }

    /// The conversation that these records made.
    #[must_use]
    pub fn from_records(id: impl Into<Text>, records: impl IntoIterator<Item = Record>) -> Self {
        let mut conversation = Self::new(id);
        for record in records {
            conversation.apply(record);
        }
        conversation
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &Text {
        &self.id
    }

    /// The conversation that this is a branch of, and the last message that both have.
    #[must_use]
    pub fn parent(&self) -> Option<(&Text, Option<&Text>)> {
        self.parent.as_ref().map(|(of, at)| (of, at.as_ref()))
    }

    /// All messages, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All messages as a request takes them; contents are shared.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.entries.iter().map(|entry| entry.message.clone()).collect()
    }

    /// What stands for the messages that are no longer sent.
    #[must_use]
    pub fn summary(&self) -> Option<&Text> {
        self.summary.as_ref()
    }

    /// Adds a message, and returns its id.
    pub fn push(&mut self, message: Message) -> Text {
        self.push_entry(Entry::new(message))
    }

    /// Adds a message that stays whatever is left out.
    pub fn push_pinned(&mut self, message: Message) -> Text {
        self.push_entry(Entry {
            pinned: true,
            ..Entry::new(message)
        })
    }

    /// Adds an entry.
    pub fn push_entry(&mut self, entry: Entry) -> Text {
        let id = entry.id.clone();
        self.change(Record::Message(entry));
        id
    }

    /// Pins a message, or lets it go. Returns whether there is one of this id.
    pub fn pin(&mut self, id: &str, pinned: bool) -> bool {
        let Some(place) = self.places.get(id) else {
            return false;
        };
        let id = self.entries[*place].id.clone();
        self.change(Record::Pinned {
            ids: vec![id],
            pinned,
        });
        true
    }

    /// Takes back the last turn: the user's last message and all that came after it. Returns what was taken back.
    pub fn undo(&mut self) -> Vec<Message> {
        let last = self.kinds.iter().rposition(|kind| *kind == Kind::Head);
        let Some(mut start) = last else { return Vec::new() };
        while start > 0 && self.kinds[start - 1] == Kind::Head {
            start -= 1;
        }
        self.remove_from(start)
    }

    /// Notes a summary of messages that are no longer to be sent.
    pub fn set_summary(&mut self, summary: Summary) {
        self.change(Record::Summary(summary));
    }

    /// A branch that has the messages up to and with `at`, or none: to edit what came then and go on differently. The contents
    /// are shared; this conversation stays as it is.
    #[must_use]
    pub fn branch(&self, id: impl Into<Text>, at: Option<&str>) -> Self {
        let end = at.and_then(|at| self.places.get(at)).map_or(0, |place| place + 1);
        let mut branch = Self::new(id);
        let at = end.checked_sub(1).map(|last| self.entries[last].id.clone());
        branch.change(Record::Branch {
            of: self.id.clone(),
            at,
        });
        for entry in &self.entries[..end] {
            branch.change(Record::Message(entry.clone()));
        }
        let covered: Vec<Text> = (0..end)
            .filter(|at| self.summarised[*at])
            .map(|at| self.entries[at].id.clone())
            .collect();
        if let (Some(text), false) = (&self.summary, covered.is_empty()) {
            branch.change(Record::Summary(Summary::new(text, covered)));
        }
        branch
    }

    /// Numbers. Tokens are counted for a model; messages counted before are not counted again.
    pub fn statistics(&mut self, counter: &dyn TokenCounter, model: &ModelId) -> Statistics {
        let mut numbers = Statistics {
            tokens: self.count(counter, model).iter().sum(),
            ..Statistics::default()
        };
        for entry in &self.entries {
            *numbers.messages.entry(entry.message.role).or_default() += 1;
            numbers.pinned += usize::from(entry.pinned);
            for part in entry.message.content.parts() {
                numbers.tool_calls += usize::from(matches!(part, ContentPart::ToolCall(_)));
                numbers.media += usize::from(matches!(part, ContentPart::Media(_)));
            }
        }
        numbers.summarised = self.summarised.iter().filter(|covered| **covered).count();
        numbers
    }

    /// What happened since the last time, for a store.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// The whole conversation as records: messages that were taken back are not among them.
    #[must_use]
    pub fn to_records(&self) -> Vec<Record> {
        let branch = self.parent.clone().map(|(of, at)| Record::Branch { of, at });
        let messages = self.entries.iter().cloned().map(Record::Message);
        let covered = self
            .entries
            .iter()
            .zip(&self.summarised)
            .filter(|(_, covered)| **covered);
        let covered: Vec<Text> = covered.map(|(entry, _)| entry.id.clone()).collect();
        let summary = self
            .summary
            .clone()
            .map(|text| Record::Summary(Summary::new(text, covered)));
        branch.into_iter().chain(messages).chain(summary).collect()
    }

    /// Takes in a record, and keeps it for a store.
    pub(crate) fn note(&mut self, record: Record) {
        self.change(record);
    }

    /// Takes in a record of a store. Records that name messages which are not there change nothing.
    pub fn apply(&mut self, record: Record) {
        match record {
            Record::Message(entry) => {
                if self.places.contains_key(&entry.id) {
                    return;
                }
                self.places.insert(entry.id.clone(), self.entries.len());
                self.kinds.push(Kind::of(&entry.message));
                self.summarised.push(false);
                self.entries.push(entry);
            }
            Record::Removed(ids) => self.remove(&ids),
            Record::Pinned { ids, pinned } => {
                for id in ids {
                    self.set_pinned(&id, pinned);
                }
            }
            Record::Summary(summary) => {
                for place in summary.of.iter().filter_map(|id| self.places.get(id)) {
                    self.summarised[*place] = true;
                }
                self.summary = Some(summary.text);
            }
            Record::Branch { of, at } => self.parent = Some((of, at)),
        }
    }

    /// Tokens of each message for a model.
    pub(crate) fn count(&mut self, counter: &dyn TokenCounter, model: &ModelId) -> &[u64] {
        let is_of_model = self.tally.as_ref().is_some_and(|tally| tally.model() == model);
        let known = self.tally.take().filter(|_| is_of_model);
        let tally = self
            .tally
            .insert(known.unwrap_or_else(|| Tally::new(model.clone())));
        tally.update_from(counter, self.entries.iter().map(|entry| &entry.message));
        tally.per_message()
    }

    /// Forgets the messages from `len` on, and all that was to be stored: they were tried and not said. Costs what these cost.
    pub(crate) fn rewind(&mut self, len: usize) {
        self.records.clear();
        for entry in self.entries.drain(len.min(self.entries.len())..) {
            self.places.remove(&entry.id);
        }
        self.kinds.truncate(len);
        self.summarised.truncate(len);
        if let Some(tally) = &mut self.tally {
            tally.truncate(len);
        }
    }

    pub(crate) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    pub(crate) fn summarised(&self) -> &[bool] {
        &self.summarised
    }

    /// A summary no longer stands for the exchange of a message that is pinned.
    fn set_pinned(&mut self, id: &str, pinned: bool) {
        let Some(place) = self.places.get(id).copied() else {
            return;
        };
        self.entries[place].pinned = pinned;
        if pinned && self.summarised[place] {
            let is_start =
                |at: usize| self.kinds[at] == Kind::Head && (at == 0 || self.kinds[at - 1] != Kind::Head);
            let start = (0..=place).rev().find(|at| is_start(*at)).unwrap_or(0);
            let end = (place + 1..self.kinds.len())
                .find(|at| is_start(*at))
                .unwrap_or(self.kinds.len());
            self.summarised[start..end].fill(false);
        }
    }

    fn change(&mut self, record: Record) {
        self.records.push(record.clone());
        self.apply(record);
    }

    fn remove_from(&mut self, start: usize) -> Vec<Message> {
        let gone: Vec<Message> = self.entries[start..]
            .iter()
            .map(|entry| entry.message.clone())
            .collect();
        let ids: Vec<Text> = self.entries[start..]
            .iter()
            .map(|entry| entry.id.clone())
            .collect();
        if !ids.is_empty() {
            self.change(Record::Removed(ids));
        }
        gone
    }

    fn remove(&mut self, ids: &[Text]) {
        let Some(first) = ids.iter().filter_map(|id| self.places.get(id)).min().copied() else {
            return;
        };
        let gone: Vec<usize> = ids.iter().filter_map(|id| self.places.remove(id)).collect();
        let mut keep = vec![true; self.entries.len()];
        gone.iter().for_each(|place| keep[*place] = false);
        retain(&mut self.entries, &keep);
        retain(&mut self.kinds, &keep);
        retain(&mut self.summarised, &keep);
        self.places.extend(
            self.entries
                .iter()
                .enumerate()
                .skip(first)
                .map(|(at, entry)| (entry.id.clone(), at)),
        );
        if let Some(tally) = &mut self.tally {
            tally.truncate(first);
        }
        if !self.summarised.contains(&true) {
            self.summary = None;
        }
    }
}

fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    list.retain(|_| *keep.next().unwrap_or(&true));
}
