"""Which column of a table holds what: the spellings under which tables name the fields of a song.

A heading is compared without case, accents, punctuation and blanks, so that ``Track Name``, ``track_name`` and
``trackName`` are one. Where several columns fit a field, the spelling that stands first here wins. watsonbox's
Exportify translates its headings; its fourteen languages stand in ``_TRANSLATED``. A table of its form in another
language is known by its values (``by_values``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from songkin.records import FEATURES
from songkin.sources import cells
from songkin.text import fold

_SPELLINGS: Final[Mapping[str, str]] = {
    "id": "Track URI|Spotify ID|Spotify URI|Spotify Track ID|Spotify - id|track id|trackid|song id|ids|id|uri|track href",
    "title": "Track Name|title|song name|song title|track title|song|name|track",
    "artists": "Artist Name(s)|artist names|track artist|artists|artist|artist name|artist(s)_name|track artists|performer|singer|singers|band",
    "artist_ids": "Artist IDs|Artist URI(s)|artist id",
    "album": "Album Name|album|track album name|album title",
    "album_artist": "Album Artist Name(s)|album artist|albumartist|album artists",
    "track_no": "Track Number|track no|tracknumber",
    "disc_no": "Disc Number|disc no|discnumber",
    "year": "Release Date|Album Release Date|track album release date|year|release year|released year|released|date",
    "genres": "Genres|genre|Artist Genres|track genre|playlist genre|music genre",
    "album_genres": "Album Genres",
    "subgenres": "subgenres|subgenre|playlist subgenre|sub genre",
    "duration": "Duration (ms)|Track Duration (ms)|duration ms|duration|duration s|duration seconds|seconds|length",
    "isrc": "ISRC",
    "musicbrainz_id": "musicbrainz id|mbid|musicbrainz track id|musicbrainz recording id|recording mbid|mb trackid",
    "path": "path|file path|file|filename|file name|location",
    "url": "audio url|url song|urls|url|link|song url",
    "image": "Album Image URL|photos|photo|image|image url|cover|cover url|thumbnail|artwork",
    "explicit": "Explicit",
    "popularity": "Popularity|track popularity",
    "label": "Record Label|label",
    "comment": "comment|comments|description|notes|review",
    "hash": "sha256|content hash|file hash|hash",
    "danceability": "Danceability",
    "energy": "Energy",
    "loudness": "Loudness",
    "speechiness": "Speechiness",
    "acousticness": "Acousticness",
    "instrumentalness": "Instrumentalness",
    "liveness": "Liveness",
    "valence": "Valence",
    "tempo": "Tempo|bpm",
    "key": "Key",
    "mode": "Mode",
    "time_signature": "Time Signature",
    "playlist": "playlist name|playlist|name",
    "playlist_id": "playlist id|playlist uri",
    "added_at": "Added At|added on|date added|added",
    "added_by": "Added By",
    "index": "index|point id",
    "vector": "vector|vectors|embedding|embeddings",
}
FIELDS: Final = tuple(_SPELLINGS)
"""All fields that a column may hold. ``id`` is the source's own id of the song, ``key`` its musical key."""

_FORM: Final = [
    "id",
    "title",
    "artist_ids",
    "artists",
    "album_ids",
    "album",
    "album_artist_ids",
    "album_artist",
    "year",
    "image",
    "disc_no",
    "track_no",
    "duration",
    "preview",
    "explicit",
    "popularity",
    "isrc",
    "playable",
    "added_by",
    "added_at",
]
_OPTIONS: Final = (
    "album_genres",
    "label",
    "copyrights",
    "genres",
    *["danceability", "energy", "key", "loudness", "mode"],
)
_MORE: Final = ["speechiness", "acousticness", "instrumentalness", "liveness", "valence", "tempo", "time_signature"]
_TRANSLATED: Final[Mapping[str, str]] = {  # in the order of _FORM, _OPTIONS, _MORE; ISRC is ISRC everywhere
    "ar": "رابط الأغنية (URI)|اسم الأغنية|روابط الفنانين (URI)|أسماء الفنانين|رابط الألبوم (URI)|اسم الألبوم|"
    "روابط فناني الألبوم (URI)|أسماء فناني الألبوم|تاريخ إصدار الألبوم|رابط صورة الألبوم|رقم القرص|رقم الأغنية|"
    "مدة الأغنية (بالمللي ثانية)|رابط معاينة الأغنية|صريح|الشعبية|ISRC|قابل للتشغيل|أضيف بواسطة|أضيف في|أنواع الألبوم|"
    "العلامة التجارية|حقوق النشر|أنواع الفنان|قابلية الرقص|الطاقة|المفتاح|مستوى الصوت|النمط|محتوى الكلام|الطابع الصوتي|"
    "الطابع الآلي|الحيوية|الإيجابية|الإيقاع|توقيع الزمن",
    "de": "Track-URI|Track-Name|Künstler-URI(s)|Künstlername(n)|Album-URI|Album-Name|Album-Künstler-URI(s)|"
    "Album-Künstlername(n)|Veröffentlichungsdatum des Albums|Album-Bild-URL|Disc-Nummer|Track-Nummer|Track-Dauer (ms)|"
    "Track-Vorschau-URL|Explizit|Beliebtheit|ISRC|Ist abspielbar|Hinzugefügt von|Hinzugefügt am|Album-Genres|Label|"
    "Urheberrechte|Künstler-Genres|Tanzbarkeit|Energie|Tonart|Lautstärke|Modus|Sprachanteil|Akustik|Instrumentalität|"
    "Lebendigkeit|Valenz|Tempo|Taktart",
    "el": "URI κομματιού|Όνομα κομματιού|URI καλλιτέχνη/ων|Όνομα/τα καλλιτέχνη|URI άλμπουμ|Όνομα άλμπουμ|"
    "URI καλλιτέχνη/ων άλμπουμ|Όνομα/τα καλλιτέχνη άλμπουμ|Ημερομηνία κυκλοφορίας άλμπουμ|URL εικόνας άλμπουμ|"
    "Αριθμός δίσκου|Αριθμός κομματιού|Διάρκεια κομματιού (ms)|URL προεπισκόπησης κομματιού|Ακατάλληλο|Δημοτικότητα|ISRC|"
    "Αναπαράγεται|Προστέθηκε από|Προστέθηκε στις|Είδη άλμπουμ|Εταιρεία|Πνευματικά δικαιώματα|Είδη καλλιτέχνη|"
    "Χορευτικότητα|Ενέργεια|Τονικότητα|Ένταση|Τρόπος|Ομιλητικότητα|Ακουστικότητα|Οργανοκεντρικότητα|Ζωντάνια|Θετικότητα|"
    "Ρυθμός|Μέτρο",
    "es": "URI de la canción|Nombre de la canción|URI(s) del artista|Nombre(s) del artista|URI del álbum|Nombre del álbum|"
    "URI(s) del artista del álbum|Nombre(s) del artista del álbum|Fecha de lanzamiento del álbum|URL de la imagen del álbum|"
    "Número de disco|Número de la canción|Duración de la canción (ms)|URL de vista previa de la canción|Explícito|"
    "Popularidad|ISRC|Es reproducible|Añadido por|Añadido en|Géneros del álbum|Sello|Derechos de autor|Géneros del artista|"
    "Bailabilidad|Energía|Tonalidad|Volumen|Modo|Hablado|Acústica|Instrumentalidad|Vivacidad|Valencia|Tempo|Compás",
    "fr": "URI du titre|Nom du titre|URI(s) de l'artiste|Nom(s) de l'artiste|URI de l'album|Nom de l'album|"
    "URI(s) de l'artiste de l'album|Nom(s) de l'artiste de l'album|Date de sortie de l'album|URL de l'image de l'album|"
    "Numéro de disque|Numéro du titre|Durée du titre (ms)|URL de prévisualisation du titre|Explicite|Popularité|ISRC|"
    "Est jouable|Ajouté par|Ajouté le|Genres de l'album|Label|Droits d'auteur|Genres de l'artiste|Danseabilité|Énergie|"
    "Tonalité|Volume sonore|Mode|Parlabilité|Acoustique|Instrumental|Vivacité|Valence|Tempo|Mesure",
    "it": "URI della traccia|Nome della traccia|URI dell'artista|Nome dell'artista|URI dell'album|Nome dell'album|"
    "URI dell'artista dell'album|Nome dell'artista dell'album|Data di rilascio dell'album|URL dell'immagine dell'album|"
    "Numero del disco|Numero della traccia|Durata della traccia (ms)|URL di anteprima della traccia|Esplicito|Popolarità|"
    "ISRC|È riproducibile|Aggiunto da|Aggiunto il|Generi dell'album|Etichetta|Copyright|Generi dell'artista|Ballabilità|"
    "Energia|Chiave|Volume|Modalità|Linguaggio parlato|Acustica|Strumentalità|Vivacità|Valenza|Tempo|Battuta",
    "ja": "トラックURI|トラック名|アーティストURI|アーティスト名|アルバムURI|アルバム名|アルバムアーティストURI|アルバムアーティスト名|"
    "アルバム発売日|アルバム画像URL|ディスク番号|トラック番号|トラックの長さ（ミリ秒）|トラックプレビューURL|明示的な内容|人気度|ISRC|"
    "再生可能|追加者|追加日時|アルバムジャンル|レーベル|著作権|アーティストジャンル|ダンサビリティ|エネルギー|キー|ラウドネス|モード|"
    "スピーチ性|アコースティック性|インストゥルメンタル性|ライブ感|感情値|テンポ|拍子",
    "nl": "Nummer URI|Nummernaam|Artiest-URI|Naam van artiest|Album-URI|Naam van album|Artiest-URI van het album|"
    "Naam van artiest op het album|Releasedatum van het album|Album afbeelding-URL|Schijfnummer|Nummernummer|"
    "Nummerduur (ms)|Voorbeeld-URL|Expliciet|Populariteit|ISRC|Speelbaar|Toegevoegd door|Toegevoegd op|"
    "Genres van het album|Label|Auteursrechten|Genres van de artiest|Dansbaarheid|Energie|Toonsoort|Luidheid|Modus|"
    "Spraakzaamheid|Akoestiek|Instrumentaliteit|Levendigheid|Valentie|Tempo|Maatstreep",
    "pt": "URI da faixa|Nome da faixa|URI(s) do artista|Nome(s) do artista|URI do álbum|Nome do álbum|"
    "URI(s) do artista do álbum|Nome(s) do artista do álbum|Data de lançamento do álbum|URL da imagem do álbum|"
    "Número do disco|Número da faixa|Duração da faixa (ms)|URL de prévia da faixa|Explícita|Popularidade|ISRC|"
    "É reproduzível|Adicionado por|Adicionado em|Gêneros do álbum|Gravadora|Direitos autorais|Gêneros do artista|"
    "Dançabilidade|Energia|Tonalidade|Volume|Modo|Oralidade|Acústica|Instrumentalidade|Vivacidade|Valência|Tempo|Compasso",
    "sv": "Låtens URI|Låtens namn|Artistens URI|Artistens namn|Albumets URI|Albumets namn|Albumartistens URI|"
    "Albumartistens namn|Albumets releasedatum|Albumets bild-URL|Skivnummer|Låtnummer|Låtlängd (ms)|"
    "Förhandsgranskning URL|Explicit|Popularitet|ISRC|Är spelbar|Tillagd av|Tillagd vid|Albumets genrer|Skivbolag|"
    "Upphovsrätt|Artistens genrer|Dansbarhet|Energi|Tonart|Ljudstyrka|Läge|Talighet|Akustik|Instrumentalhet|Livlighet|"
    "Valens|Tempo|Taktart",
    "tr": "Parça URI|Parça Adı|Sanatçı URI|Sanatçı Adı|Albüm URI|Albüm Adı|Albümdeki Sanatçı URI|Albümdeki Sanatçı Adı|"
    "Albüm Çıkış Tarihi|Albüm Resim URL'si|Disk Numarası|Parça Numarası|Parça Süresi (ms)|Parça Önizleme URL'si|"
    "Açık İçerik|Popülerlik|ISRC|Çalınabilir mi?|Ekleyen|Eklenme Tarihi|Albüm Türleri|Plak Şirketi|Telif Hakları|"
    "Sanatçı Türleri|Dans Edilebilirlik|Enerji|Ton|Ses Seviyesi|Mod|Konuşma Oranı|Akustiklik|Enstrümantalite|Canlılık|"
    "Duygusallık|Tempo|Ölçü İşareti",
    "yue": "歌 Link|歌名|Artist Link|Artist 名|專輯 Link|專輯名|專輯 Artist Link|專輯 Artist 名|專輯發行日|專輯封面條 Link|碟片冧把|"
    "曲目冧把|曲目時長（毫秒）|曲目試聽 Link|家長指引|熱門度|ISRC|播得到|加入者|加入時間|專輯曲風|唱片公司|版權|藝人曲風|舞蹈性|能量|"
    "調性|響度|調式|語音度|原音性|器樂度|現場感|情緒效價|速度|拍號",
    "zh-Hans": "曲目 URI|曲目名称|艺人 URI|艺人名称|专辑 URI|专辑名称|专辑艺人 URI|专辑艺人名称|专辑发行日期|专辑封面 URL|光盘编号|"
    "曲目编号|曲目时长（毫秒）|曲目试听 URL|含露骨内容|热度|ISRC|可播放|添加者|添加时间|专辑流派|唱片公司|版权|艺人流派|舞蹈性|能量|"
    "调性|响度|调式|语音度|原声性|器乐度|现场感|情绪效价|速度|拍号",
    "zh-Hant": "曲目 URI|曲目名稱|藝人 URI|藝人名稱|專輯 URI|專輯名稱|專輯藝人 URI|專輯藝人名稱|專輯發行日期|專輯封面 URL|光碟編號|"
    "曲目編號|曲目長度（毫秒）|曲目試聽 URL|含露骨內容|熱門度|ISRC|可播放|新增者|新增時間|專輯曲風|唱片公司|著作權|藝人曲風|舞蹈性|"
    "能量|調性|響度|調式|語音度|原音性|器樂度|現場感|情緒效價|速度|拍號",
}


@lru_cache(maxsize=4096)
def plain(heading: str) -> str:
    """A heading as headings are compared."""
    return fold(heading[:200]).replace(" ", "")


@cache
def _table() -> dict[str, tuple[tuple[str, int], ...]]:
    """Plain heading -> the fields that it may be, each with its rank among the field's spellings (0 first)."""
    found: dict[str, dict[str, int]] = {}
    for field, spellings in _SPELLINGS.items():
        for rank, spelling in enumerate(spellings.split("|")):
            found.setdefault(plain(spelling), {}).setdefault(field, rank)
    form = (*_FORM, *_OPTIONS, *_MORE)
    for line in _TRANSLATED.values():
        for field, spelling in zip(form, line.split("|"), strict=True):
            if field in _SPELLINGS:
                found.setdefault(plain(spelling), {}).setdefault(field, 20)
    return {heading: tuple(fields.items()) for heading, fields in found.items()}


def match(headings: Sequence[str]) -> dict[str, int]:
    """Field -> place of its column. A heading belongs to one field, and to none where nothing is known of it."""
    offers: dict[str, list[tuple[int, int]]] = {}
    for place, heading in enumerate(headings):
        for field, rank in _table().get(plain(heading), ()):
            offers.setdefault(field, []).append((rank, place))
    places: dict[str, int] = {}
    for field in FIELDS:
        free = [offer for offer in offers.get(field, ()) if offer[1] not in places.values()]
        if free:
            places[field] = min(free)[1]
    return places


def by_values(rows: Sequence[Sequence[Any]]) -> dict[str, int]:
    """The columns of watsonbox's form under unknown headings, told from rows of the table; empty if it is not that.

    It always has 19 columns in one order (forks put one in after the seventeenth), of which three hold URIs of a song,
    its artists and its album; four sets of options may follow.
    """
    rows = [row for row in rows if len(row) >= 19 and cells.spotify_key(row[0]).startswith("spotify:track:")]
    if not rows or not all(_is("artist", row[2]) and _is("album", row[4]) for row in rows):
        return {}
    added = next((place for place in (18, 19) if all(cells.when(row[place]) is not None for row in rows)), 0)
    if not added:
        return {}
    places = {field: place for place, field in enumerate(_FORM[:17])} | {"added_by": added - 1, "added_at": added}
    rest = len(rows[0]) - added - 1
    optional = {
        1: ("genres",),
        12: _BY_EXPORTIFY,
        13: ("genres", *_BY_EXPORTIFY),
        3: _ALBUM,
        4: ("genres", *_ALBUM),
        15: (*_BY_EXPORTIFY, *_ALBUM),
        16: ("genres", *_BY_EXPORTIFY, *_ALBUM),
    }
    places |= {field: added + 1 + place for place, field in enumerate(optional.get(rest, ()))}
    return {field: place for field, place in places.items() if field in _SPELLINGS}


_BY_EXPORTIFY: Final = (*_OPTIONS[4:], *_MORE)
_ALBUM: Final = ("album_genres", "label", "copyrights")


def _is(kind: str, cell: object) -> bool:
    return cells.spotify_key(str(cell).split(",")[0], kind).startswith(f"spotify:{kind}:")


def features(places: Mapping[str, int]) -> list[str]:
    """The audio features among the fields of a table."""
    return [name for name in FEATURES if name in places]
