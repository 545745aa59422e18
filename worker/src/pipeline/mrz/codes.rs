//! The codes of states and organisations, and of documents.

use idv_common::domain::MrzFormat;

/// The three-letter codes of ISO 3166-1, in alphabetical order.
const ISO_3166: &str = "\
ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR \
BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP \
CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB \
GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN \
KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD \
MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN \
PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM \
SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR \
UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE";

/// The codes that ICAO Doc 9303 part 3, section 5, adds: parts A (British nationalities, Germany, Kosovo), B (the
/// European Union), C (the United Nations), D (other organisations), E (persons without a nationality), F (codes
/// that are no longer given out), G (specimens) and H (ICAO itself).
const DOC_9303: &str = "\
D GBD GBN GBO GBP GBS RKS EUE UNA UNK UNO XBA XCC XCE XCO XDC XEC XES XIM XMP XOM XPO XXA XXB XXC XXX ANT NTZ UTO IAO";

/// Whether a code, without fillers, stands for a state, an organisation or a kind of person.
pub fn is_state(code: &str) -> bool {
    ISO_3166.split(' ').chain(DOC_9303.split(' ')).any(|known| known == code)
}

/// Whether documents of that format may have that code, without fillers.
///
/// Passports have `P` and, from 2028 on always, a letter of part 4, section 4.4; until then issuers are free in it,
/// and so any letter is taken. Cards have `A`, `C` or `I` and a second character other than `V`; `AI` is no code,
/// and `AC` is that of crew members' certificates, which are of the size TD1 (parts 5 and 6, note k). Visas have
/// `V` (part 7). Driving licences have `D` and the configuration of their chip (ISO/IEC 18013-3), the Swiss one
/// `FA`.
pub fn is_document_code(format: MrzFormat, code: &str) -> bool {
    let mut characters = code.chars();
    let (first, second) = (characters.next(), characters.next());
    let letter = second.is_none_or(|character| character.is_ascii_uppercase());
    let known = match (format, first) {
        (MrzFormat::Td3, Some('P')) | (MrzFormat::MrvA | MrzFormat::MrvB, Some('V')) => letter,
        (MrzFormat::Td1 | MrzFormat::Td2, Some('A' | 'C' | 'I')) => {
            letter && second != Some('V') && code != "AI" && (code != "AC" || format == MrzFormat::Td1)
        }
        (MrzFormat::Dl, Some('D')) => matches!(second, None | Some('1' | 'N' | 'P')),
        (MrzFormat::Dl, Some('F')) => second == Some('A'),
        _ => false,
    };
    known && characters.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_there_once() {
        let iso: Vec<&str> = ISO_3166.split(' ').collect();
        assert_eq!(iso.len(), 249);
        assert!(iso.is_sorted() && iso.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(iso.iter().all(|code| code.len() == 3 && code.chars().all(|c| c.is_ascii_uppercase())));
        let added: Vec<&str> = DOC_9303.split(' ').collect();
        assert!(added.iter().all(|code| !iso.contains(code)));
    }

    #[test]
    fn states_organisations_and_persons_have_codes() {
        for code in ["D", "DEU", "FRA", "UTO", "GBD", "RKS", "EUE", "UNO", "XXA", "XXX", "XPO"] {
            assert!(is_state(code), "{code}");
        }
        for code in ["", "FR", "UT0", "XXZ", "YTO", "D<<", "ABW AFG"] {
            assert!(!is_state(code), "{code}");
        }
    }

    #[test]
    fn document_codes_follow_their_format() {
        use MrzFormat::*;
        for code in ["P", "PP", "PD", "PO", "PR", "PT", "PS", "PE", "PL", "PM", "PU", "PC"] {
            assert!(is_document_code(Td3, code), "{code}");
        }
        for (format, code) in [(Td1, "I"), (Td1, "ID"), (Td1, "AC"), (Td2, "C"), (Td1, "IP"), (MrvA, "V")] {
            assert!(is_document_code(format, code), "{code}");
        }
        for (format, code) in [
            (Td1, "IV"),
            (Td1, "AI"),
            (Td2, "AC"),
            (Td3, "I"),
            (Td1, "P"),
            (MrvB, "W"),
            (Td3, ""),
            (Td3, "PPP"),
        ] {
            assert!(!is_document_code(format, code), "{code}");
        }
        assert!(is_document_code(Dl, "D1") && is_document_code(Dl, "FA") && !is_document_code(Dl, "P"));
    }
}
