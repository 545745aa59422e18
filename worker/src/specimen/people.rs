//! Invented people: names with the diacritics and particles that real documents carry.

use super::{Sex, chance::Chance};

const SURNAMES: [&str; 40] = [
    "Ångström-Vik",
    "Bérénger",
    "Brânză",
    "Çelikoğlu",
    "Dvořáček",
    "El-Amrani",
    "Fjærestad",
    "García Núñez",
    "Grünwaldt",
    "Hæggkvist",
    "Ionescu",
    "Jørgensby",
    "Kováčik",
    "Lefèvre-Noël",
    "Łukasiak",
    "MacAlder",
    "Mùrray",
    "Nakayama",
    "Nguyễn",
    "O'Brannigan",
    "Okonjo",
    "Öztürkmen",
    "Pálffyné",
    "Quintão",
    "Rüdiger",
    "Saarivuori",
    "Schweißer",
    "Šimůnek",
    "Ștefănescu",
    "Straßberg",
    "Tõnisson",
    "Þórsson",
    "Ubeda",
    "Van der Lindt",
    "Vučković",
    "Weißenfels",
    "Xhelili",
    "Ybarra",
    "Żółkowska",
    "Žukauskienė",
];

const WOMEN: [&str; 20] = [
    "Åsa",
    "Agnès",
    "Amélie",
    "Anna Maria",
    "Beyza",
    "Chloë",
    "Élodie",
    "Fátima",
    "Gülsüm",
    "Inês",
    "Jūratė",
    "Katarína",
    "Małgorzata",
    "Noémi",
    "Renée",
    "Siobhán",
    "Sólveig",
    "Þóra",
    "Zoë",
    "Żaneta",
];

const MEN: [&str; 20] = [
    "André",
    "Björn",
    "Çağrı",
    "Dáithí",
    "Émile",
    "François Noël",
    "Günther",
    "Håkon",
    "Ignác",
    "Jānis",
    "José Luis",
    "Lászlo",
    "Mikołaj",
    "Nuño",
    "Øystein",
    "Raúl",
    "Søren",
    "Tomáš",
    "Ülo",
    "Yaşar",
];

const PLACES: [&str; 16] = [
    "Abraxa",
    "Amaurote",
    "Arcadia",
    "Bensalem",
    "Brobding",
    "Cockaigne",
    "Erewhon",
    "Glubbdub",
    "Hyperborée",
    "Lagado",
    "Mildendo",
    "Nusquama",
    "Thélème",
    "Ultima Thule",
    "Vineta",
    "Zenda",
];

pub(super) fn surname(chance: &mut Chance) -> String {
    chance.pick(&SURNAMES).to_owned()
}

/// One or two given names; `X` draws from both lists.
pub(super) fn given_names(chance: &mut Chance, sex: Sex) -> String {
    let mut name = || match sex {
        Sex::Female => chance.pick(&WOMEN),
        Sex::Male => chance.pick(&MEN),
        Sex::Unspecified if chance.happens(0.5) => chance.pick(&WOMEN),
        Sex::Unspecified => chance.pick(&MEN),
    };
    let (first, second) = (name(), name());
    if first != second && chance.happens(0.4) { format!("{first} {second}") } else { first.to_owned() }
}

pub(super) fn place(chance: &mut Chance) -> String {
    chance.pick(&PLACES).to_owned()
}
