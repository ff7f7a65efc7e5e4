//! Templates from files and folders, and what has changed in them.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use router_prompt::{Library, ProblemKind, Vars, Watched};

/// A folder of one test's own, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("router-prompt-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("mail")).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("a file");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(library: &Library, id: &str) -> String {
    library.render(id, &Vars::new()).expect("a text")
}

#[test]
fn folders_are_read_and_read_again() {
    let folder = Folder::new("reload");
    folder.write("hello.hbs", "hello");
    folder.write("mail/reply.prompt", "dear {{> hello}}");
    folder.write("notes.txt", "{{#no template");
    let mut library = Library::new();
    assert_eq!(library.add_folder(&folder.0).expect("templates"), 2);
    assert_eq!(text(&library, "mail/reply"), "dear hello");
    let hash = library.get("hello").expect("a template").hash.clone();

    assert_eq!(library.reload().expect("nothing new"), Vec::<String>::new());
    folder.write("hello.hbs", "good day");
    folder.write("mail/new.md", "new");
    assert_eq!(library.reload().expect("changes"), ["hello", "mail/new"]);
    assert_eq!(text(&library, "mail/reply"), "dear good day");
    assert_ne!(library.get("hello").expect("a template").hash, hash);

    folder.write("hello.hbs", "{{#if");
    let error = library.reload().expect_err("a broken file");
    assert_eq!(error.kind(), Some(ProblemKind::Syntax));
    assert_eq!(text(&library, "hello"), "good day");
}

#[test]
fn single_files_are_read_again_too_and_missing_ones_named() {
    let folder = Folder::new("single");
    folder.write("one.hbs", "1");
    let mut library = Library::new();
    library.add_file(folder.0.join("one.hbs")).expect("a template");
    folder.write("one.hbs", "one");
    assert_eq!(library.reload().expect("a change"), ["one"]);
    assert_eq!(text(&library, "one"), "one");
    let error = library.add_file(folder.0.join("none.hbs")).expect_err("no file");
    assert_eq!(error.kind(), Some(ProblemKind::File));
    assert!(error.to_string().contains("none.hbs"), "{error}");
}

#[test]
fn versions_stay_at_hand() {
    let mut library = Library::new();
    library
        .add("it", "+++\nversion = \"1\"\n+++\nold")
        .expect("a template");
    library
        .add("it", "+++\nversion = \"2\"\n+++\nnew")
        .expect("a template");
    assert_eq!(
        ["it", "it@1", "it@2"].map(|id| text(&library, id)),
        ["new", "old", "new"]
    );
}

/// A clock that only goes when told.
#[derive(Clone)]
struct Clock(Arc<Mutex<Instant>>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn pass(&self, time: Duration) {
        *self.0.lock().expect("a lock") += time;
    }

    fn now(&self) -> impl Fn() -> Instant + Send + Sync + 'static {
        let clock = self.0.clone();
        move || *clock.lock().expect("a lock")
    }
}

#[test]
fn a_watched_library_follows_its_files() {
    let folder = Folder::new("watched");
    folder.write("hello.hbs", "hello");
    let mut library = Library::new();
    library.add_folder(&folder.0).expect("templates");
    let clock = Clock::new();
    let watched = Watched::new(library)
        .with_interval(Duration::from_secs(5))
        .with_clock(clock.now());
    let held = watched.library();

    folder.write("hello.hbs", "good day");
    folder.write("mail/new.md", "new");
    clock.pass(Duration::from_secs(4));
    assert_eq!(text(&watched.library(), "hello"), "hello", "not looked at yet");
    clock.pass(Duration::from_secs(1));
    assert_eq!(text(&watched.library(), "hello"), "good day");
    assert_eq!(text(&watched.library(), "mail/new"), "new");
    assert_eq!(text(&held, "hello"), "hello", "what one holds stays");
    assert_eq!(watched.problem(), None);
}

#[test]
fn a_file_that_breaks_leaves_the_last_good_one_and_says_so() {
    let folder = Folder::new("breaks");
    folder.write("hello.hbs", "hello");
    let mut library = Library::new();
    library.add_folder(&folder.0).expect("templates");
    let watched = Watched::new(library).with_interval(Duration::ZERO);

    folder.write("hello.hbs", "{{#if broken");
    folder.write("other.hbs", "other");
    assert_eq!(text(&watched.library(), "hello"), "hello");
    assert_eq!(
        text(&watched.library(), "other"),
        "other",
        "the others are taken in"
    );
    let problem = watched.problem().expect("a problem");
    assert_eq!(problem.kind(), Some(ProblemKind::Syntax));
    assert!(problem.to_string().contains("hello"), "{problem}");

    folder.write("hello.hbs", "hello again");
    assert_eq!(text(&watched.library(), "hello"), "hello again");
    assert_eq!(watched.problem(), None);
    folder.write("hello.hbs", "once more!!");
    assert_eq!(watched.reload().expect("a change"), ["hello"]);
}
