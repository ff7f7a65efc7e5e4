//! Templates from files and folders, and from the same again when they have changed.

use std::path::{Path, PathBuf};

use crate::library::Library;
use crate::problem::{Problem, ProblemKind, PromptError};
use crate::watched::Stamps;

/// Extensions of files that are templates.
const EXTENSIONS: &[&str] = &["hbs", "prompt", "md"];

impl Library {
    /// Takes in a file, under its name without the extension.
    ///
    /// # Errors
    /// Those of [`Library::add`], and [`ProblemKind::File`].
    pub fn add_file(&mut self, path: impl AsRef<Path>) -> Result<(), PromptError> {
        let path = path.as_ref();
        let id = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        self.take_file(&id, path)
    }

    /// Takes in all `.hbs`, `.prompt` and `.md` files below a folder, under their paths in it: `mail/reply`. Returns how many.
    ///
    /// # Errors
    /// Those of [`Library::add_file`], of all files; files that can be read are taken in all the same.
    pub fn add_folder(&mut self, folder: impl AsRef<Path>) -> Result<usize, PromptError> {
        let folder = folder.as_ref().to_owned();
        if !self.folders.contains(&folder) {
            self.folders.push(folder.clone());
        }
        self.read_folder(&folder).map(|changed| changed.len())
    }

    /// The files it was read from, as they are now; those that are gone are not among them.
    pub(crate) fn stamps(&self) -> Stamps {
        let mut files = Vec::new();
        for folder in &self.folders {
            // What cannot be listed is told by whoever reads it.
            let _ = list(folder, &mut files);
        }
        files.extend(
            self.templates
                .values()
                .filter_map(|template| template.file.clone()),
        );
        let stamp = |path: PathBuf| {
            let data = std::fs::metadata(&path).ok()?;
            Some((path, (data.modified().ok(), data.len())))
        };
        files.into_iter().filter_map(stamp).collect()
    }

    /// Reads files and folders again and takes in what has changed: the ids. [`Watched`](crate::Watched) does it by itself; it reads every
    /// file, and compiles only those whose bytes differ. A template that can no longer be read stays as it was.
    ///
    /// # Errors
    /// Those of [`Library::add_folder`].
    pub fn reload(&mut self) -> Result<Vec<String>, PromptError> {
        let (mut changed, mut problems) = (Vec::new(), Vec::new());
        let mut keep = |read: Result<Vec<String>, PromptError>| match read {
            Ok(ids) => changed.extend(ids),
            Err(error) => problems.extend_from_slice(error.problems()),
        };
        let single: Vec<(String, PathBuf)> = self
            .templates
            .values()
            .filter_map(|template| Some((template.id.clone(), template.file.clone()?)))
            .filter(|(id, path)| {
                !id.contains('@') && !self.folders.iter().any(|folder| path.starts_with(folder))
            })
            .collect();
        for (id, path) in single {
            let before = self.hash(&id);
            keep(
                self.take_file(&id, &path)
                    .map(|()| Vec::from_iter((self.hash(&id) != before).then_some(id))),
            );
        }
        for folder in self.folders.clone() {
            keep(self.read_folder(&folder));
        }
        if problems.is_empty() {
            Ok(changed)
        } else {
            Err(PromptError::new(problems))
        }
    }

    fn take_file(&mut self, id: &str, path: &Path) -> Result<(), PromptError> {
        let source = std::fs::read_to_string(path)
            .map_err(|error| Problem::new(ProblemKind::File, id, format!("{}: {error}", path.display())))?;
        self.take(id, &source, Some(path.to_owned()))
    }

    fn read_folder(&mut self, folder: &Path) -> Result<Vec<String>, PromptError> {
        let (mut files, mut problems, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        if let Err(error) = list(folder, &mut files) {
            let message = format!("{}: {error}", folder.display());
            return Err(Problem::new(ProblemKind::File, "folder", message).into());
        }
        for path in files {
            let name = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
            let parts: Vec<_> = name
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect();
            let id = parts.join("/");
            let before = self.hash(&id);
            match self.take_file(&id, &path) {
                Ok(()) if self.hash(&id) != before => changed.push(id),
                Ok(()) => {}
                Err(error) => problems.extend_from_slice(error.problems()),
            }
        }
        if problems.is_empty() {
            Ok(changed)
        } else {
            Err(PromptError::new(problems))
        }
    }
}

/// The files of a folder that are templates.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links are not followed: they may lead in circles.
        if entry.file_type()?.is_dir() {
            list(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|kind| EXTENSIONS.iter().any(|known| kind == *known))
        {
            files.push(path);
        }
    }
    Ok(())
}
