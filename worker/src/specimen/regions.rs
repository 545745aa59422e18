//! Where holders come from: states by their codes of ICAO 9303 part 3 with names that people have there.

use super::{Sex, chance::Chance};

/// States whose people have names in common.
pub(super) struct Region {
    states: &'static [&'static str],
    surnames: &'static [&'static str],
    women: &'static [&'static str],
    men: &'static [&'static str],
    places: &'static [&'static str],
}

impl Region {
    pub(super) fn state(&self, chance: &mut Chance) -> &'static str {
        one(self.states, chance)
    }

    pub(super) fn surname(&self, chance: &mut Chance) -> &'static str {
        one(self.surnames, chance)
    }

    /// A given name that goes with the sex.
    pub(super) fn given_name(&self, sex: Sex, chance: &mut Chance) -> &'static str {
        match sex {
            Sex::Female => one(self.women, chance),
            Sex::Male => one(self.men, chance),
            Sex::Unspecified => {
                let either = if chance.happens(0.5) { self.women } else { self.men };
                one(either, chance)
            }
        }
    }

    pub(super) fn place(&self, chance: &mut Chance) -> &'static str {
        one(self.places, chance)
    }
}

/// One of the regions.
pub(super) fn pick(chance: &mut Chance) -> &'static Region {
    chance.pick(&REGIONS)
}

fn one(texts: &'static [&'static str], chance: &mut Chance) -> &'static str {
    texts.get(chance.below(texts.len() as u32) as usize).copied().unwrap_or_default()
}

static REGIONS: [&Region; 16] = [
    &UTOPIA,
    &GERMAN,
    &FRENCH,
    &SPANISH,
    &PORTUGUESE,
    &ITALIAN,
    &POLISH,
    &CZECH,
    &HUNGARIAN,
    &ROMANIAN,
    &TURKISH,
    &NORDIC,
    &BALTIC,
    &ADRIATIC,
    &DUTCH,
    &ENGLISH,
];

static UTOPIA: Region = Region {
    states: &["UTO"],
    surnames: &[
        "Eriksson",
        "Hythlodæus",
        "O'Nusquam",
        "Van Abraxa",
        "Macarense",
        "Polylerit",
        "D'Amaurote",
        "Anyder",
    ],
    women: &["Anna Maria", "Zoë", "Chloë", "Io", "Éponine", "Xanthe", "Quirina", "Wilhelmine"],
    men: &["Raphaël", "Ademus", "Jö", "Thomas", "Petrus Ægidius", "Kasimir", "Ulrich-Volker", "Xaver"],
    places: &["Amaurote", "Abraxa", "Nusquama", "Ultima Thule"],
};

static GERMAN: Region = Region {
    states: &["D", "AUT", "CHE", "LUX", "LIE"],
    surnames: &[
        "Müller",
        "Weiß",
        "Schönfelder",
        "Großkopf",
        "Jäger",
        "Köhler",
        "Krüger",
        "Süßmuth",
        "von Hülsen",
        "Zu Löwenstein",
        "Bürgermeister",
        "Straßburger",
        "Hofmann",
        "Ölschläger",
        "Überacker",
        "Schmitt-Rößler",
    ],
    women: &["Jürgenine", "Käthe", "Ännchen", "Gisela", "Ursula", "Dörte", "Hannelore", "Silke-Marie"],
    men: &["Jürgen", "Günther", "Björn", "Hans-Jörg", "Götz", "Maximilian", "Kurt", "Rüdiger"],
    places: &["Köln", "Zürich", "Lübeck", "Innsbruck"],
};

static FRENCH: Region = Region {
    states: &["FRA", "BEL", "CAN", "SEN", "CIV", "MCO"],
    surnames: &[
        "Lefèvre",
        "Garçon",
        "D'Aubigné",
        "Hémon",
        "L'Hôpital",
        "Béranger",
        "Noël",
        "Châtelain",
        "de La Tour",
        "Ménard",
        "Gaëtan",
        "Traoré",
        "Kouamé",
        "Diop",
        "Brûlé",
        "Saint-Exupéry",
    ],
    women: &["Hélène", "Zoé", "Maëlys", "Françoise", "Aïcha", "Agnès", "Marie-Noëlle", "Bérénice"],
    men: &["François", "Loïc", "Étienne", "Jérôme", "Moïse", "Gaël", "Jean-René", "Désiré"],
    places: &["Besançon", "Liège", "Québec", "Saint-Étienne"],
};

static SPANISH: Region = Region {
    states: &["ESP", "MEX", "ARG", "COL", "PER", "CHL", "ECU", "URY"],
    surnames: &[
        "García Márquez",
        "Núñez",
        "Ibáñez Ocaña",
        "Peña",
        "Güell",
        "Muñoz de la Vega",
        "Yáñez",
        "Zúñiga",
        "López",
        "Quiñones",
        "Ordóñez",
        "Vázquez",
        "Echeverría",
        "Jiménez",
        "Castañeda",
        "Bermúdez",
    ],
    women: &["Begoña", "María José", "Lucía", "Íngrid", "Ángeles", "Sofía", "Inés", "Ximena"],
    men: &["Iñaki", "José Luis", "Ángel", "Raúl", "Íñigo", "Joaquín", "Óscar", "Nicolás"],
    places: &["A Coruña", "Bogotá", "Mérida", "Córdoba"],
};

static PORTUGUESE: Region = Region {
    states: &["PRT", "BRA", "AGO", "MOZ", "CPV"],
    surnames: &[
        "Conceição",
        "Magalhães",
        "Simões",
        "Guimarães",
        "Araújo",
        "Brandão",
        "Falcão",
        "da Assunção",
        "Lourenço",
        "Queirós",
        "Sá",
        "dos Santos",
        "Gonçalves",
        "Leitão",
        "Vilhena",
        "Antunes",
    ],
    women: &["Inês", "Conceição", "Fátima", "Lúcia", "Mônica", "Assunção", "Beatriz", "Luísa"],
    men: &["João", "Estêvão", "Sebastião", "António", "Luís", "Fábio", "Cristóvão", "Otávio"],
    places: &["São Paulo", "Évora", "Covilhã", "Maputo"],
};

static ITALIAN: Region = Region {
    states: &["ITA", "SMR", "VAT"],
    surnames: &[
        "D'Angelo",
        "Nicolò",
        "Dall'Òglio",
        "Della Rovere",
        "Cantù",
        "Pirrò",
        "Bianchi",
        "Esposito",
        "Zanardelli",
        "Rossi",
        "Quattrocchi",
        "Fumagalli",
        "Vecchiarelli",
        "Jacobelli",
        "Wieser",
        "Dorè",
    ],
    women: &["Nicolò Maria", "Letizia", "Giosuè", "Chiara", "Noè", "Beatrice", "Ginevra", "Raffaella"],
    men: &["Niccolò", "Giosuè", "Salvatore", "Fabrizio", "Ezechiele", "Vittorio", "Pasquale", "Quirino"],
    places: &["Forlì", "Cefalù", "Mondovì", "Roma"],
};

static POLISH: Region = Region {
    states: &["POL"],
    surnames: &[
        "Brzęczyszczykiewicz",
        "Łukaszewicz",
        "Żółć",
        "Świątek",
        "Gżegżółka",
        "Dąbrowska-Wójcik",
        "Kwiatkowski",
        "Źrebiec",
        "Chrząszcz",
        "Paździoch",
        "Jabłoński",
        "Wiśniewska",
        "Ćwikła",
        "Rogoźnicki",
        "Bąk",
        "Mętrak",
    ],
    women: &["Małgorzata", "Żaneta", "Łucja", "Grażyna", "Elżbieta", "Świętosława", "Jadwiga", "Wiesława"],
    men: &["Łukasz", "Mikołaj", "Michał", "Świętopełk", "Bolesław", "Józef", "Krzysztof", "Zdzisław"],
    places: &["Łódź", "Gdańsk", "Kraków", "Świnoujście"],
};

static CZECH: Region = Region {
    states: &["CZE", "SVK"],
    surnames: &[
        "Dvořák",
        "Šťastný",
        "Příhoda",
        "Kučerová",
        "Ďurica",
        "Ľuboslav",
        "Němcová",
        "Růžička",
        "Žďárský",
        "Čapek",
        "Hruška",
        "Kováč",
        "Štúr",
        "Veľký",
        "Ťukanovová",
        "Jelínek",
    ],
    women: &["Anežka", "Božena", "Ľudmila", "Zdeňka", "Růžena", "Žofie", "Kateřina", "Vlasta"],
    men: &["Jiří", "Tomáš", "Ondřej", "Zdeněk", "Ľubomír", "Matěj", "Štěpán", "Vojtěch"],
    places: &["Plzeň", "Třebíč", "Košice", "Žilina"],
};

static HUNGARIAN: Region = Region {
    states: &["HUN"],
    surnames: &[
        "Szűcs",
        "Győrffy",
        "Kőszegi",
        "Bődy-Nagy",
        "Hegedűs",
        "Tóth",
        "Pálffyné",
        "Újvári",
        "Szőke",
        "Csíkszentmihályi",
    ],
    women: &["Ágnes", "Erzsébet", "Gyöngyi", "Zsófia", "Jolán", "Enikő"],
    men: &["György", "Zoltán", "Győző", "Kálmán", "Bálint", "Ödön"],
    places: &["Győr", "Kecskemét", "Pécs", "Hajdúböszörmény"],
};

static ROMANIAN: Region = Region {
    states: &["ROU", "MDA"],
    surnames: &[
        "Ștefănescu",
        "Țăranu",
        "Brânză",
        "Mărgineanu",
        "Popescu",
        "Râmniceanu",
        "Bălănescu",
        "Cîrțan",
        "Ionescu",
        "Văcărescu",
        "Șerban",
        "Hăulică",
    ],
    women: &["Ștefania", "Ilinca", "Mădălina", "Sânziana", "Brândușa", "Anca"],
    men: &["Ștefan", "Răzvan", "Ștefăniță", "Mihai", "Gheorghiță", "Cătălin"],
    places: &["Timișoara", "Iași", "Chișinău", "Constanța"],
};

static TURKISH: Region = Region {
    states: &["TUR", "AZE"],
    surnames: &[
        "Çelikoğlu",
        "Yıldız",
        "Öztürk",
        "Şahin",
        "Gümüş",
        "Kılıçdağ",
        "Güneş",
        "Ağaoğlu",
        "İnönü",
        "Işık",
        "Koç",
        "Üçüncü",
    ],
    women: &["Gülşah", "Işıl", "Çiğdem", "İpek", "Ayşe", "Özlem"],
    men: &["Çağrı", "İsmail", "Ömer", "Barış", "Uğur", "Şükrü"],
    places: &["İzmir", "Muğla", "Şanlıurfa", "Kütahya"],
};

static NORDIC: Region = Region {
    states: &["SWE", "NOR", "DNK", "ISL", "FIN", "FRO"],
    surnames: &[
        "Ångström",
        "Sjöberg",
        "Bjørnsen",
        "Sæther",
        "Ærø",
        "Þorsteinsdóttir",
        "Guðmundsson",
        "Hämäläinen",
        "Öberg",
        "Kjærgaard",
        "Åkerblom",
        "Väisälä",
        "Ørsted",
        "Lindqvist",
        "Eyþórsson",
        "Nygård-Strøm",
    ],
    women: &["Åsa", "Sólveig", "Þóra", "Märta", "Bjørg", "Aino", "Kjersti", "Åshild"],
    men: &["Øystein", "Håkan", "Sören", "Guðjón", "Jørgen", "Väinö", "Æsi", "Þór"],
    places: &["Malmö", "Tromsø", "Jyväskylä", "Reykjavík"],
};

static BALTIC: Region = Region {
    states: &["LVA", "LTU", "EST"],
    surnames: &[
        "Bērziņš",
        "Kalniņa",
        "Žukauskienė",
        "Jurgelevičiūtė",
        "Tõnisson",
        "Põld",
        "Šķēle",
        "Ģērmanis",
        "Mäeots",
        "Paulauskas",
        "Ūdris",
        "Čiurlionis",
    ],
    women: &["Jūratė", "Līga", "Eglė", "Õie", "Ģertrūde", "Rūta"],
    men: &["Jānis", "Šarūnas", "Ülo", "Ķaupo", "Žygimantas", "Tõnu"],
    places: &["Rīga", "Šiauliai", "Pärnu", "Jēkabpils"],
};

static ADRIATIC: Region = Region {
    states: &["HRV", "SVN", "BIH", "MNE", "ALB"],
    surnames: &[
        "Đorđević",
        "Šimić",
        "Žižek",
        "Črnčec",
        "Vučković",
        "Hoxhaj",
        "Përmeti",
        "Ćosić",
        "Đurđić",
        "Krležić",
        "Gjonçaj",
        "Novak",
    ],
    women: &["Đurđica", "Špela", "Živa", "Ljiljana", "Besa", "Ćirila"],
    men: &["Đuro", "Žarko", "Črtomir", "Zdravko", "Çlirim", "Njegoš"],
    places: &["Čakovec", "Žabljak", "Shkodër", "Škofja Loka"],
};

static DUTCH: Region = Region {
    states: &["NLD", "SUR", "ABW"],
    surnames: &[
        "van der Heijden",
        "'t Hoen",
        "Ĳsbrandsz",
        "de Vries",
        "Coëtlogon",
        "van den Boogaard-Ruĳs",
        "Rooĳakkers",
        "Bruyneel",
        "Zuiderwĳk",
        "Kuÿper",
        "Vreugdenhil",
        "Noë",
    ],
    women: &["Renée", "Anouk", "Loïs", "Wilhelmina", "Daniëlle", "Marĳke"],
    men: &["Joost", "Cornelis Hendrik", "Daniël", "Thĳs", "Reinier", "Jeroen"],
    places: &["Curaçao", "'s-Hertogenbosch", "Paramaribo", "Sluis"],
};

static ENGLISH: Region = Region {
    states: &["GBR", "USA", "IRL", "AUS", "NZL", "NGA", "KEN", "GHA", "PHL", "ZAF", "XXA", "UNO"],
    surnames: &[
        "O'Connor",
        "Mac Giolla Phádraig",
        "Wolstenholme-Jones",
        "Ó Súilleabháin",
        "Fitzgerald",
        "Okonkwo",
        "Dela Cruz",
        "Ng",
        "Smith",
        "Featherstonehaugh",
        "Quaye",
        "Brown",
        "Mbeki",
        "Zimmermann",
        "Vaughan-Williams",
        "Xu",
    ],
    women: &["Siobhán", "Zoë", "Chimamanda", "Mary-Jane", "Gráinne", "Olivia", "Brontë", "Ifeoma"],
    men: &["Seán", "Xavier", "Kwame", "Pádraig", "William", "Jeremiah", "Dáithí", "Oluwaseun"],
    places: &["Belfast", "Chicago", "Lagos", "Dún Laoghaire"],
};
