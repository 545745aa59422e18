//! Choosing the models of a profile among the files that are there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Fault;
use super::manifest::{InvalidManifest, Manifest, Model, ModelFile, Role};

/// What a profile comes to in one models folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// The choice for each of the profile's roles.
    pub roles: BTreeMap<Role, Choice>,
}

/// What was chosen for one role.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// A model all of whose files are there.
    Chosen(Box<Chosen>),
    /// None of the profile's models is all there.
    Missing {
        /// Why each of them was passed over.
        tried: Vec<FileProblem>,
    },
}

/// A model and its files.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The model.
    pub model: Model,
    /// Its files, in the manifest's order; their digests agree.
    pub files: Vec<PathBuf>,
    /// Why models that the profile prefers were passed over.
    pub passed_over: Vec<FileProblem>,
}

/// Why a model cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// A file is not there.
    #[error("{model}: {file} is not in the models folder; mend it with `idv models fetch`")]
    Absent {
        /// The model.
        model: String,
        /// The file.
        file: String,
    },
    /// A file is there, but it is another one.
    #[error(
        "{model}: {file} has the SHA-256 {found}, and the manifest says {expected}; delete it and run `idv models fetch`"
    )]
    WrongDigest {
        /// The model.
        model: String,
        /// The file.
        file: String,
        /// The manifest's digest, in hex.
        expected: String,
        /// The file's digest, in hex.
        found: String,
    },
    /// A file is there, but cannot be read.
    #[error("{model}: failed to read {file}: {cause}")]
    Unreadable {
        /// The model.
        model: String,
        /// The file.
        file: String,
        /// What the system said.
        cause: String,
    },
}

impl Manifest {
    /// Chooses for every role of a profile the first model whose files are all in `dir` with the digests
    /// that the manifest gives. Every file looked at is read once. Fails only for an unknown profile.
    pub fn resolve(&self, dir: &Path, profile: &str) -> Result<Selection, InvalidManifest> {
        let roles = self.profiles.get(profile).ok_or_else(|| {
            let known: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            InvalidManifest::Rule(format!("there is no profile `{profile}`, only: {}", known.join(", ")))
        })?;
        let choose = |names: &Vec<String>| {
            let mut tried = Vec::new();
            for model in names.iter().filter_map(|name| self.model(name)) {
                match model.verify(dir) {
                    Ok(files) => {
                        let chosen = Chosen { model: model.clone(), files, passed_over: tried };
                        return Choice::Chosen(Box::new(chosen));
                    }
                    Err(problem) => tried.push(problem),
                }
            }
            Choice::Missing { tried }
        };
        Ok(Selection { roles: roles.iter().map(|(role, names)| (*role, choose(names))).collect() })
    }
}

impl Model {
    /// Checks that its files are in `dir` with the right digests, and gives their paths. The error is the
    /// first problem.
    pub fn verify(&self, dir: &Path) -> Result<Vec<PathBuf>, FileProblem> {
        self.files.iter().map(|file| self.verify_file(file, dir.join(&file.file))).collect()
    }

    fn verify_file(&self, wanted: &ModelFile, path: PathBuf) -> Result<PathBuf, FileProblem> {
        let (model, file) = (self.name.clone(), wanted.file.clone());
        match digest(&path) {
            Ok(found) if found == wanted.sha256 => Ok(path),
            Ok(found) => {
                Err(FileProblem::WrongDigest { model, file, expected: wanted.sha256.clone(), found })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(FileProblem::Absent { model, file }),
            Err(error) => Err(FileProblem::Unreadable { model, file, cause: error.to_string() }),
        }
    }
}

impl Selection {
    /// The model chosen for a role, if there is one.
    pub fn chosen(&self, role: Role) -> Option<&Chosen> {
        match self.roles.get(&role)? {
            Choice::Chosen(chosen) => Some(chosen),
            Choice::Missing { .. } => None,
        }
    }

    /// The model chosen for a role without which nothing works. The fault names every file that would do
    /// and how to get it.
    pub fn required(&self, role: Role) -> Result<&Chosen, Fault> {
        let cause = match self.roles.get(&role) {
            Some(Choice::Chosen(chosen)) => return Ok(chosen),
            Some(Choice::Missing { tried }) => {
                tried.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            }
            None => "the profile names no model for it".to_owned(),
        };
        Err(Fault::Model { model: role.as_str().to_owned(), cause })
    }
}

impl Chosen {
    /// The bytes of its files, in the manifest's order.
    pub fn read(&self) -> Result<Vec<Vec<u8>>, Fault> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| Fault::Model {
                model: self.model.name.clone(),
                cause: format!("failed to read {}: {error}", path.display()),
            })
        };
        self.files.iter().map(read).collect()
    }
}

/// The SHA-256 of a file, in hex.
fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(idv_common::hex(&hasher.finalize())),
            length => hasher.update(&buffer[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manifest of two models, the first of which is preferred. Their files hold `1` and `2`.
    fn manifest() -> Manifest {
        let model = |name: &str, content: &str| {
            let sha256 = idv_common::hex(&Sha256::digest(content));
            format!(
                "[[model]]\nname = '{name}'\nrole = 'liveness'\nkind = 'minifasnet-pair'\nlicense = 'MIT'\n\
                 commercial_use = 'yes'\norigin = ''\ninput = ''\n\
                 [[model.files]]\nfile = '{name}.a'\nsha256 = '{sha256}'\nbytes = 0\nsources = []\n\
                 [[model.files]]\nfile = '{name}.b'\nsha256 = '{sha256}'\nbytes = 0\nsources = []\n"
            )
        };
        let profile = "schema = 1\n[profiles.p]\nliveness = ['first', 'second']\n";
        Manifest::parse(&format!("{profile}{}{}", model("first", "1"), model("second", "2"))).unwrap()
    }

    fn fill(dir: &Path, files: &[(&str, &str)]) {
        files.iter().for_each(|(name, content)| std::fs::write(dir.join(name), content).unwrap());
    }

    #[test]
    fn the_built_in_manifest_parses_and_has_both_profiles() {
        let manifest = Manifest::built_in();
        assert!(manifest.profiles.contains_key("accurate") && manifest.profiles.contains_key("permissive"));
        assert_eq!(manifest.model("yunet").unwrap().role, Role::FaceDetector);
    }

    #[test]
    fn the_first_model_that_is_all_there_is_chosen() {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), &[("first.a", "1"), ("second.a", "2"), ("second.b", "2")]);
        let selection = manifest().resolve(dir.path(), "p").unwrap();
        let chosen = selection.chosen(Role::Liveness).unwrap();
        assert_eq!(chosen.model.name, "second");
        assert_eq!(chosen.passed_over.len(), 1);
        assert!(chosen.passed_over[0].to_string().contains("first.b is not in the models folder"));

        fill(dir.path(), &[("first.b", "1")]);
        let selection = manifest().resolve(dir.path(), "p").unwrap();
        assert_eq!(selection.chosen(Role::Liveness).unwrap().model.name, "first");
    }

    #[test]
    fn a_file_with_another_digest_is_refused_with_both_digests_and_a_way_out() {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), &[("first.a", "evil"), ("first.b", "1")]);
        let selection = manifest().resolve(dir.path(), "p").unwrap();
        let message = selection.required(Role::Liveness).unwrap_err().to_string();
        let [expected, found] = ["1", "evil"].map(|text| idv_common::hex(&Sha256::digest(text)));
        for part in ["first.a", &expected, &found, "idv models fetch", "second.a"] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn an_unknown_profile_names_the_known_ones() {
        let message = manifest().resolve(Path::new("."), "fast").unwrap_err().to_string();
        assert!(message.ends_with("only: p"), "{message}");
    }

    #[test]
    fn contradictions_are_refused() {
        let model = "[[model]]\nname='x'\nrole='liveness'\nkind='yunet'\nlicense=''\ncommercial_use='no'\n\
                     origin=''\ninput=''\nfiles=[]";
        for (wrong, says) in [
            ("schema = 2\nmodel = []\n[profiles]".to_owned(), "schema is 2"),
            (
                "schema = 1\nmodel = []\n[profiles.p]\nliveness = ['ghost']".to_owned(),
                "unknown model `ghost`",
            ),
            (format!("schema = 1\n[profiles]\n{model}"), "its kind does not fit its role"),
            ("schema = 1\nmodels = 3".to_owned(), "unknown field `models`"),
        ] {
            let message = Manifest::parse(&wrong).unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        }
    }
}
