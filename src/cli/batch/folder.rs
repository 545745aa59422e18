//! The items of an import from the names of files in a folder: a folder each, or files that begin alike.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use idv_common::domain::ImportLine;

/// The last word of a file's name, without its extension, and what the file then shows.
const ROLES: &[(&str, Role)] = &[
    ("front", Role::Front),
    ("document_front", Role::Front),
    ("back", Role::Back),
    ("document_back", Role::Back),
    ("selfie", Role::Selfie),
    ("clip", Role::Clip),
    ("selfie_clip", Role::Clip),
];
/// What images and clips are called at the end.
const EXTENSIONS: &[&str] = &["jpg", "jpeg", "png", "webp", "bmp", "gif", "mp4", "mov", "webm", "mkv", "avi"];
/// How many incomplete items are named.
const NAMED: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Front,
    Back,
    Selfie,
    Clip,
}

/// The files of one item.
type Files = BTreeMap<Role, String>;

/// Finds the items of a folder, in the order of their names. A selfie or clip that stands in the folder by itself is that
/// of every item without one.
pub(super) fn find(folder: &Path) -> anyhow::Result<Vec<ImportLine>> {
    let (mut groups, folders) = read(folder, "")?;
    let common = groups.remove("").unwrap_or_default();
    for name in folders {
        let (inner, _) = read(&folder.join(&name), &format!("{name}/"))?;
        for (group, files) in inner {
            let name = if group.is_empty() { name.clone() } else { format!("{name}/{group}") };
            groups.insert(name, files);
        }
    }
    if common.contains_key(&Role::Front) {
        // Files without a name before their role are an item by themselves.
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return items([(name, common)].into_iter().chain(groups).collect(), &Files::new(), folder);
    }
    items(groups, &common, folder)
}

fn items(groups: BTreeMap<String, Files>, common: &Files, folder: &Path) -> anyhow::Result<Vec<ImportLine>> {
    let (mut lines, mut incomplete) = (Vec::new(), Vec::new());
    for (name, mut files) in groups {
        if !files.contains_key(&Role::Selfie) && !files.contains_key(&Role::Clip) {
            files.extend(common.iter().map(|(role, file)| (*role, file.clone())));
        }
        let Some(front) = files.remove(&Role::Front) else {
            incomplete.push(format!("`{name}` has no front"));
            continue;
        };
        let line = ImportLine {
            client_reference: Some(name.clone()),
            document_front: front,
            document_back: files.remove(&Role::Back),
            selfie: files.remove(&Role::Selfie),
            selfie_clip: files.remove(&Role::Clip),
            ..ImportLine::default()
        };
        match line.check() {
            Ok(()) => lines.push(line),
            Err(_) if line.selfie.is_none() && line.selfie_clip.is_none() => {
                incomplete.push(format!("`{name}` has no selfie"));
            }
            Err(error) => incomplete.push(format!("`{name}`: {error}")),
        }
    }
    let shown = folder.display();
    if !incomplete.is_empty() {
        let list = incomplete.iter().take(NAMED).cloned().collect::<Vec<_>>().join("\n  ");
        bail!("failed to import `{shown}`: {} items are not whole:\n  {list}", incomplete.len());
    }
    if lines.is_empty() {
        bail!(
            "failed to import `{shown}`: no NAME-front.jpg and NAME-selfie.jpg, and no NAME/front.jpg and NAME/selfie.jpg, are in it"
        );
    }
    Ok(lines)
}

/// A folder's files by the item that they belong to, named with `prefix`, and the folders in it.
fn read(folder: &Path, prefix: &str) -> anyhow::Result<(BTreeMap<String, Files>, Vec<String>)> {
    let failed = || format!("failed to read the folder `{}`", folder.display());
    let (mut groups, mut folders) = (BTreeMap::<String, Files>::new(), Vec::new());
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        // A name that is no UTF-8 cannot be stored.
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type().with_context(failed)?.is_dir() {
            folders.push(name);
        } else if let Some((group, role)) = parse(&name) {
            let files = groups.entry(group.to_owned()).or_default();
            if let Some(other) = files.insert(role, format!("{prefix}{name}")) {
                bail!("failed to import `{}`: `{other}` and `{prefix}{name}` are the same", folder.display());
            }
        }
    }
    folders.sort_unstable();
    Ok((groups, folders))
}

/// The item that a file belongs to, and what it shows: `NAME-front.jpg`, or `front.jpg`.
fn parse(name: &str) -> Option<(&str, Role)> {
    let (stem, extension) = name.rsplit_once('.')?;
    if !EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()) {
        return None;
    }
    let role = |word: &str| ROLES.iter().find(|(known, _)| *known == word).map(|(_, role)| *role);
    match stem.rsplit_once('-') {
        Some((group, word)) if !group.is_empty() => Some((group, role(word)?)),
        _ => Some(("", role(stem)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        folder
    }

    /// Reference, front and selfie or clip of each item.
    fn found(files: &[&str]) -> Vec<(String, String, String)> {
        let folder = folder(files);
        let lines = find(folder.path()).unwrap();
        let person = |line: &ImportLine| line.selfie.clone().or(line.selfie_clip.clone()).unwrap();
        lines
            .iter()
            .map(|line| (line.client_reference.clone().unwrap(), line.document_front.clone(), person(line)))
            .collect()
    }

    fn owned(a: &str, b: &str, c: &str) -> (String, String, String) {
        (a.to_owned(), b.to_owned(), c.to_owned())
    }

    #[test]
    fn files_that_begin_alike_are_an_item() {
        let items =
            found(&["b-front.png", "b-clip.mp4", "a-front.jpg", "a-back.jpg", "a-selfie.JPG", "truth.jsonl"]);
        assert_eq!(
            items,
            [owned("a", "a-front.jpg", "a-selfie.JPG"), owned("b", "b-front.png", "b-clip.mp4")]
        );
    }

    #[test]
    fn a_folder_is_an_item() {
        let items = found(&["x/front.jpg", "x/selfie.jpg", "y/document_front.png", "y/selfie_clip.webm"]);
        assert_eq!(
            items,
            [
                owned("x", "x/front.jpg", "x/selfie.jpg"),
                owned("y", "y/document_front.png", "y/selfie_clip.webm")
            ]
        );
    }

    #[test]
    fn specimens_share_the_selfie_beside_them() {
        let items = found(&["passport-1-front.jpg", "passport-2-front.jpg", "selfie.jpg", "truth.jsonl"]);
        assert_eq!(
            items,
            [
                owned("passport-1", "passport-1-front.jpg", "selfie.jpg"),
                owned("passport-2", "passport-2-front.jpg", "selfie.jpg")
            ]
        );
    }

    #[test]
    fn what_is_not_whole_is_named() {
        let refused = |files: &[&str]| find(folder(files).path()).unwrap_err().to_string();
        assert!(refused(&["a-front.jpg"]).contains("`a` has no selfie"));
        assert!(refused(&["a-selfie.jpg"]).contains("`a` has no front"));
        assert!(refused(&["a-front.jpg", "a-front.png", "a-selfie.jpg"]).contains("are the same"));
        assert!(refused(&["truth.jsonl"]).contains("NAME-front.jpg"));
    }
}
