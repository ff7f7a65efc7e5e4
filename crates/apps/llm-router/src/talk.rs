//! `llm-router chat` at a terminal: question after question, each with what was said before in front of it.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use llm_api_router::collect::Collector;
use llm_api_router::conversation::{Conversation, Form, to_markdown};
use llm_api_router::{
    ChatRequest, Config, ContentPart, Context, Error, Message, Provider, ProviderExt as _, Role, StreamEvent,
};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::chat::{Chat, end_line, print, warn};
use crate::failure::Failure;
use crate::telling::Told;

const HELP: &str = "\
/help           these lines
/model [NAME]   the model that answers, or another one from now on
/system [TEXT]  instructions in front of all that is said, or none
/clear          forget what was said
/save FILE      write it down: OpenAI's messages when the name ends in .json, Markdown otherwise
/quit           end, as Ctrl-D does; Ctrl-C ends an answer
";

/// Who answers.
pub(crate) struct Seat {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) context: Context,
    pub(crate) model: String,
    /// Whether the provider itself remembers what was said.
    pub(crate) remembers: bool,
}

/// A conversation under way.
struct Talk<'a> {
    chat: &'a Chat,
    config: Option<&'a Config>,
    told: &'a Told,
    seat: Seat,
    system: Option<String>,
    said: Conversation,
    /// Tells of Ctrl-C, also of one that came while nobody waited for it.
    interrupted: Arc<Notify>,
    /// What goes along with the next question.
    attached: Vec<ContentPart>,
}

/// Answers questions until there are no more.
pub(crate) async fn talk(chat: &Chat, config: Option<&Config>, told: &Told) -> Result<(), Failure> {
    let mut talk = Talk {
        chat,
        config,
        told,
        seat: chat.seat(config, told, chat.model.as_deref())?,
        system: chat.system.clone(),
        said: Conversation::new("chat"),
        interrupted: interrupts(),
        attached: chat.attachments()?,
    };
    let at_terminal = std::io::stdin().is_terminal();
    if at_terminal {
        eprintln!("{}; /help lists what else there is, Ctrl-D ends", talk.seat.model);
    }
    let mut lines = lines();
    loop {
        if at_terminal {
            print("> ")?;
        }
        let line = tokio::select! {
            line = lines.recv() => line,
            () = talk.interrupted.notified() => {
                eprintln!("\n/quit or Ctrl-D ends");
                continue;
            }
        };
        let Some(line) = line else {
            return if at_terminal { print("\n") } else { Ok(()) };
        };
        let line = line.map_err(|error| Failure::Io(format!("stdin: {error}")))?;
        match line.trim() {
            "" => {}
            "/quit" | "/exit" => return Ok(()),
            text => match text.strip_prefix('/') {
                Some(command) => talk.command(command)?,
                None => talk.ask(text).await?,
            },
        }
    }
}

/// The lines of stdin. They are read beside, so that one can be waited for together with other things.
fn lines() -> UnboundedReceiver<std::io::Result<String>> {
    let (send, lines) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Ctrl-C from now on, which ends the process no more.
fn interrupts() -> Arc<Notify> {
    let interrupted = Arc::new(Notify::new());
    let tell = Arc::clone(&interrupted);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            tell.notify_one();
        }
    });
    interrupted
}

impl Talk<'_> {
    fn command(&mut self, command: &str) -> Result<(), Failure> {
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        match (word, rest.trim()) {
            ("help", _) => return print(HELP),
            ("model", "") => return print(&format!("{}\n", self.seat.model)),
            ("model", name) => match self.chat.seat(self.config, self.told, Some(name)) {
                Ok(seat) => self.seat = seat,
                Err(error) => eprintln!("error: {error}"),
            },
            ("system", text) => self.system = (!text.is_empty()).then(|| text.to_owned()),
            ("clear", _) if self.seat.remembers => {
                eprintln!("error: a session keeps what was said: begin another with --session");
            }
            ("clear", _) => self.said = Conversation::new("chat"),
            ("save", "") => eprintln!("error: /save needs a file"),
            ("save", file) => match self.save(file) {
                Ok(()) => eprintln!("saved to {file}"),
                Err(error) => eprintln!("error: {error}"),
            },
            (word, _) => eprintln!("error: no command /{word}: /help lists what there is"),
        }
        Ok(())
    }

    fn save(&self, file: &str) -> Result<(), Failure> {
        let mut said = Conversation::new("chat");
        for message in self.system.iter().map(|text| Message::system(text.as_str())) {
            said.push(message);
        }
        for message in self.said.messages() {
            said.push(message);
        }
        let is_json = std::path::Path::new(file)
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let text = match is_json {
            true => format!("{:#}\n", said.export(Form::OpenAi)?),
            false => to_markdown(&said.messages()),
        };
        std::fs::write(file, text).map_err(|error| Failure::Io(format!("{file}: {error}")))
    }

    /// Asks, and prints the answer as it comes. What failed is told, and is as if it had not been asked.
    async fn ask(&mut self, text: &str) -> Result<(), Failure> {
        let mut content = self.attached.clone();
        content.push(text.to_owned().into());
        self.said.push(Message::user(content));
        match self.answer().await? {
            Some(message) => {
                self.said.push(message);
                self.attached.clear();
            }
            None => {
                self.said.undo();
            }
        }
        Ok(())
    }

    /// The answer to the last question; without one, why is told.
    async fn answer(&self) -> Result<Option<Message>, Failure> {
        let mut messages = self.said.messages();
        if self.seat.remembers {
            messages.drain(..messages.len() - 1);
        }
        let mut request = ChatRequest::new(messages);
        self.chat.set(&mut request, self.system.as_deref());
        let seat = &self.seat;
        let call = seat
            .provider
            .stream(seat.model.as_str(), request, seat.context.fork());
        let answer = tokio::select! {
            answer = call => answer,
            () = self.interrupted.notified() => return Ok(stopped("")),
        };
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Ok(told(&error)),
        };
        warn(&answer.head.warnings);
        let (mut collector, mut text) = (Collector::new(), String::new());
        loop {
            let event = tokio::select! {
                event = answer.next() => event,
                () = self.interrupted.notified() => return Ok(stopped(&text)),
            };
            let event = match event {
                None => break,
                Some(Ok(event)) => event,
                Some(Err(error)) => {
                    end_line(&text)?;
                    return Ok(told(&error));
                }
            };
            if let StreamEvent::TextDelta {
                choice: 0,
                text: piece,
            }
            | StreamEvent::RefusalDelta {
                choice: 0,
                text: piece,
            } = &event
            {
                print(piece)?;
                text.push_str(piece);
            }
            collector.push(event);
        }
        end_line(&text)?;
        let message = collector.finish().to_message();
        if message.content.is_empty() {
            eprintln!("note: the answer is empty");
            return Ok(None);
        }
        Ok(Some(message))
    }
}

/// What had come when an answer was stopped: of it, what was read is kept.
fn stopped(text: &str) -> Option<Message> {
    // The terminal has shown the keys.
    let _ = std::io::stdout().write_all(b"\n");
    eprintln!("stopped");
    (!text.is_empty()).then(|| Message::new(Role::Assistant, text))
}

fn told(error: &Error) -> Option<Message> {
    eprintln!("error: {error}");
    None
}
