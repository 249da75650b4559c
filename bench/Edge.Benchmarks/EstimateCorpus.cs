namespace Edge.Benchmarks;

/// <summary>
/// Prompts in many languages, made from small vocabularies and patterns of sentences: always the same ones with the same seed.
/// </summary>
internal static class EstimateCorpus
{
    /// <summary>What a language is made of: subjects, verbs, objects, endings; and what stands between words.</summary>
    private sealed record Language(string Name, string Space, string Stop, string[] First, string[] Second, string[] Third,
        string[] Fourth);

    private static readonly Language[] Languages =
    [
        new("English", " ", ".", ["The gateway", "Our customer", "My colleague", "This report", "A new model",
            "The weather in spring"],
            ["explains", "has never understood", "would like to summarise", "compares", "describes in detail",
                "quickly changed"],
            ["the quarterly results", "how tokens are counted", "three unusual recipes", "a contract about housing",
                "its own limits"],
            ["for a friend", "before the deadline", "in plain words", "without any hurry", "because nobody asked",
                "as a short list"]),
        new("German", " ", ".", ["Die Schnittstelle", "Unsere Kundin", "Mein Kollege", "Dieser Bericht", "Das Sprachmodell"],
            ["erklärt", "hat noch nie verstanden", "möchte zusammenfassen", "vergleicht", "beschreibt ausführlich"],
            ["die Quartalsergebnisse", "wie Zeichen gezählt werden", "drei ungewöhnliche Rezepte", "einen Mietvertrag"],
            ["für eine Freundin", "vor Ablauf der Frist", "in einfachen Worten", "ohne jede Eile",
                "als kurze Aufzählung"]),
        new("French", " ", ".", ["La passerelle", "Notre cliente", "Mon collègue", "Ce rapport", "Le modèle de langue"],
            ["explique", "n'a jamais compris", "voudrait résumer", "compare", "décrit en détail"],
            ["les résultats du trimestre", "le comptage des jetons", "trois recettes étonnantes",
                "un contrat de location"],
            ["pour une amie", "avant l'échéance", "en mots simples", "sans se presser",
                "parce que personne ne l'a demandé"]),
        new("Spanish", " ", ".", ["La pasarela", "Nuestra clienta", "Mi compañero", "Este informe",
            "El modelo de lenguaje"],
            ["explica", "nunca ha entendido", "quisiera resumir", "compara", "describe con detalle"],
            ["los resultados del trimestre", "cómo se cuentan las palabras", "tres recetas insólitas",
                "un contrato de alquiler"],
            ["para una amiga", "antes del plazo", "en palabras sencillas", "sin ninguna prisa", "como una lista corta"]),
        new("Czech", " ", ".", ["Brána", "Naše zákaznice", "Můj kolega", "Tato zpráva", "Jazykový model"],
            ["vysvětluje", "nikdy nepochopil", "chtěl by shrnout", "porovnává", "podrobně popisuje"],
            ["čtvrtletní výsledky", "jak se počítají slova", "tři neobvyklé recepty", "nájemní smlouvu"],
            ["pro přítelkyni", "před uplynutím lhůty", "jednoduchými slovy", "beze spěchu", "jako krátký seznam"]),
        new("Vietnamese", " ", ".", ["Cổng kết nối", "Khách hàng của chúng tôi", "Đồng nghiệp của tôi",
            "Báo cáo này"],
            ["giải thích", "chưa bao giờ hiểu", "muốn tóm tắt", "so sánh", "mô tả chi tiết"],
            ["kết quả quý này", "cách đếm từ", "ba công thức lạ", "hợp đồng thuê nhà"],
            ["cho một người bạn", "trước thời hạn", "bằng lời đơn giản", "không vội vàng"]),
        new("Russian", " ", ".", ["Шлюз", "Наша клиентка", "Мой коллега", "Этот отчёт",
            "Языковая модель"],
            ["объясняет", "никогда не понимал", "хотел бы обобщить",
                "сравнивает", "подробно описывает"],
            ["квартальные результаты", "как считаются слова",
                "три необычных рецепта", "договор аренды жилья"],
            ["для подруги", "до истечения срока", "простыми словами",
                "без всякой спешки", "в виде короткого списка"]),
        new("Greek", " ", ".", ["Η πύλη", "Η πελάτισσά μας", "Ο συνάδελφός μου",
            "Αυτή η έκθεση"],
            ["εξηγεί", "δεν κατάλαβε ποτέ", "θα ήθελε να συνοψίσει",
                "συγκρίνει"],
            ["τα αποτελέσματα του τριμήνου", "πώς μετριούνται οι λέξεις",
                "τρεις ασυνήθιστες συνταγές"],
            ["για μια φίλη", "πριν από την προθεσμία", "με απλά λόγια",
                "χωρίς βιασύνη"]),
        new("Arabic", " ", ".", ["البوابة", "عميلتنا", "زميلي", "هذا التقرير",
            "النموذج اللغوي"],
            ["يشرح", "لم يفهم قط", "يود أن يلخص", "يقارن", "يصف بالتفصيل"],
            ["نتائج الربع", "كيف تحسب الكلمات", "ثلاث وصفات غريبة",
                "عقد إيجار السكن"],
            ["لصديقة", "قبل الموعد النهائي", "بكلمات بسيطة", "دون أي عجلة"]),
        new("Hindi", " ", "।", ["यह द्वार", "हमारी ग्राहक",
            "मेरा सहकर्मी", "यह रिपोर्ट"],
            ["तिमाही के परिणाम", "शब्दों की गिनती",
                "तीन अनोखे व्यंजन", "किराये का अनुबंध"],
            ["एक मित्र के लिए", "समय सीमा से पहले",
                "सरल शब्दों में", "बिना किसी जल्दी के"],
            ["समझाता है", "कभी नहीं समझा",
                "संक्षेप में बताना चाहता है",
                "की तुलना करता है"]),
        new("Thai", "", " ", ["เกตเวย์", "ลูกค้าของเรา",
            "เพื่อนร่วมงานของฉัน", "รายงานนี้"],
            ["อธิบาย", "ไม่เคยเข้าใจ", "อยากสรุป",
                "เปรียบเทียบ"],
            ["ผลประกอบการรายไตรมาส", "วิธีนับคำ",
                "สูตรอาหารแปลกสามสูตร", "สัญญาเช่าบ้าน"],
            ["ให้เพื่อน", "ก่อนกำหนดเวลา", "ด้วยคำง่ายๆ",
                "โดยไม่รีบร้อน"]),
        new("Chinese", "", "。", ["这个网关", "我们的客户", "我的同事", "这份报告", "新的语言模型"],
            ["解释了", "从来没有理解", "想要总结", "比较了", "详细描述了"],
            ["季度业绩", "词语是如何计数的", "三种不寻常的食谱", "一份租房合同"],
            ["给一位朋友", "在截止日期之前", "用简单的话", "毫不着急", "列成一个简短的清单"]),
        new("Japanese", "", "。", ["このゲートウェイは", "私たちのお客様は", "私の同僚は",
            "この報告書は"],
            ["四半期の業績を", "言葉の数え方を", "珍しい料理の作り方を三つ",
                "住宅の賃貸契約を"],
            ["友人のために", "締め切りの前に", "やさしい言葉で", "急がずに"],
            ["説明します", "まだ理解していません", "要約したいと思っています",
                "比べています"]),
        new("Korean", " ", ".", ["이 게이트웨이는", "우리 고객은", "내 동료는", "이 보고서는"],
            ["분기 실적을", "단어를 세는 방법을", "특이한 요리법 세 가지를",
                "주택 임대 계약을"],
            ["친구를 위해", "마감 전에", "쉬운 말로", "서두르지 않고"],
            ["설명합니다", "아직 이해하지 못했습니다", "요약하고 싶어 합니다", "비교합니다"]),
        new("C#", " ", ";\n", ["var total = items", "public static int Count", "if (request is null)",
            "await stream.FlushAsync"],
            ["+= previous[i] *", "(ReadOnlySpan<byte> text)", "throw new ArgumentException", "=> _table.TryGetValue"],
            ["0x7fff_ffff", "(nameof(request))", "{ return length; }", "(key, out var value)"],
            ["? left : right", "// why, not what", "&& !isDone", "[^1..]"]),
        new("JSON", "", ",\n", ["{\"id\":17,", "{\"customer\":\"a-1\",", "{\"sensor\":{\"t\":21.5},"],
            ["\"items\":[1,2,3],", "\"createdAt\":\"2026-03-01T12:00:00Z\",", "\"tags\":[\"new\",\"paid\"],"],
            ["\"price\":19.99,", "\"address\":{\"city\":\"Oslo\",\"zip\":\"0150\"},", "\"ok\":true,"],
            ["\"note\":null}", "\"hash\":\"9f86d081884c7d65\"}", "\"rate\":0.075}"]),
    ];

    /// <summary>Names of the languages.</summary>
    public static IEnumerable<string> Names => Languages.Select(static language => language.Name);

    /// <summary>So many prompts in a language, each of a question and what it is about: 40 to some 3,000 characters.</summary>
    public static IEnumerable<string> Make(string name, int count, int seed)
    {
        var language = Languages.Single(one => one.Name == name);
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var sentences = 1 + (int)(Math.Pow(random.NextDouble(), 2) * 40);
            yield return string.Join(
                language.Name is "C#" or "JSON" ? "" : " ",
                Enumerable.Range(0, sentences).Select(_ => Sentence(language, random)));
        }
    }

    private static string Sentence(Language language, Random random)
    {
        string Pick(string[] words) => words[random.Next(words.Length)];
        var number = random.Next(4) == 0 ? $"{language.Space}({random.Next(2000)})" : "";
        return string.Join(
            language.Space, Pick(language.First), Pick(language.Second), Pick(language.Third), Pick(language.Fourth))
            + number + language.Stop;
    }
}
