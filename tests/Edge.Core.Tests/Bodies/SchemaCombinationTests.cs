namespace Edge.Core.Tests.Bodies;

public sealed class SchemaCombinationTests
{
    private static void Check(string schema, string[] valid, string[] invalid) => SchemaTable.Check(schema, valid, invalid);

    [Fact]
    public void All_of_must_hold()
    {
        Check("""{"allOf":[{"properties":{"bar":{"type":"integer"}},"required":["bar"]},{"required":["foo"]}]}""",
            ["{\"foo\":\"baz\",\"bar\":2}"], ["{\"foo\":\"baz\"}", "{\"bar\":2}", "{\"foo\":1,\"bar\":\"x\"}"]);
        Check("""{"allOf":[true,true]}""", ["1"], []);
        Check("""{"allOf":[true,false]}""", [], ["1"]);
        Check("""{"allOf":[{"multipleOf":2}],"anyOf":[{"multipleOf":3}],"oneOf":[{"multipleOf":5}]}""",
            ["30"], ["1", "2", "3", "5", "6", "10", "15"]);
    }

    [Fact]
    public void Any_of_may_hold()
    {
        Check("""{"anyOf":[{"type":"integer"},{"minimum":2}]}""", ["1", "2.5", "3"], ["1.5"]);
        Check("""{"type":"string","anyOf":[{"maxLength":2},{"minLength":4}]}""", ["\"foobar\"", "\"fo\""], ["3", "\"foo\""]);
        Check("""{"anyOf":[true,false]}""", ["1"], []);
        Check("""{"anyOf":[false,false]}""", [], ["1"]);
        Check("""{"anyOf":[{"type":"number"},{}]}""", ["\"foo\"", "123"], []);
        Check("""{"anyOf":[{"anyOf":[{"type":"null"}]}]}""", ["null"], ["123"]);
    }

    [Fact]
    public void One_of_holds_alone()
    {
        Check("""{"oneOf":[{"type":"integer"},{"minimum":2}]}""", ["1", "2.5"], ["3", "1.5"]);
        Check("""{"oneOf":[true,true]}""", [], ["1"]);
        Check("""{"oneOf":[true,false,false]}""", ["1"], []);
        Check("""{"oneOf":[{"type":"number"},{}]}""", ["\"foo\""], ["123"]);
        Check("""{"type":"object","oneOf":[{"required":["foo","bar"]},{"required":["foo","baz"]}]}""",
            ["{\"foo\":1,\"bar\":2}", "{\"foo\":1,\"baz\":3}"], ["{\"bar\":2}", "{\"foo\":1,\"bar\":2,\"baz\":3}"]);
        Check("""
            {"oneOf":[{"properties":{"bar":true,"baz":true},"required":["bar"]},{"properties":{"foo":true},
            "required":["foo"]}]}
            """,
            ["{\"bar\":8}", "{\"foo\":\"x\"}"], ["{\"foo\":\"x\",\"bar\":8}", "{\"baz\":1}"]);
    }

    [Fact]
    public void Not_inverts()
    {
        Check("""{"not":{"type":"integer"}}""", ["\"foo\"", "1.5"], ["1", "1.0"]);
        Check("""{"properties":{"foo":{"not":{}}}}""", ["{\"bar\":1}", "{}"], ["{\"foo\":1}"]);
        Check("""{"not":{"not":{}}}""", ["\"x\""], []);
        Check("""{"not":false}""", ["1"], []);
    }

    [Fact]
    public void Conditions_choose()
    {
        Check("""{"if":{"exclusiveMaximum":0},"then":{"minimum":-10},"else":{"multipleOf":2}}""", ["-1", "4", "\"x\""], ["-100",
            "3"]);
        Check("""{"if":{"const":0}}""", ["0", "\"hello\""], []);
        Check("""{"then":{"const":0}}""", ["0", "1"], []);
        Check("""{"else":{"const":0}}""", ["0", "1"], []);
        Check("""{"if":true,"then":{"const":"then"},"else":{"const":"else"}}""", ["\"then\""], ["\"else\""]);
        Check("""{"if":false,"then":{"const":"then"},"else":{"const":"else"}}""", ["\"else\""], ["\"then\""]);
        Check("""{"then":{"const":"yes"},"else":{"const":"other"},"if":{"maxLength":4}}""", ["\"yes\"", "\"other\""], ["\"no\"",
            "\"invalid\""]);
        Check("""{"allOf":[{"if":{"exclusiveMaximum":0}},{"then":{"minimum":-10}},{"else":{"multipleOf":2}}]}""", ["-100", "3"],
            []);
    }

    [Fact]
    public void Unevaluated_members_are_seen_through_what_stands_beside()
    {
        Check("""{"unevaluatedProperties":false}""", ["{}", "1", "[]"], ["{\"foo\":1}"]);
        Check("""{"unevaluatedProperties":{"minLength":3}}""", ["{}", "{\"foo\":\"foo\"}"], ["{\"foo\":\"fo\"}"]);
        Check("""{"properties":{"foo":{"type":"string"}},"patternProperties":{"^p":{}},"unevaluatedProperties":false}""",
            ["{\"foo\":\"f\",\"p1\":1}"], ["{\"foo\":\"f\",\"bar\":1}"]);
        Check("""{"properties":{"foo":{}},"additionalProperties":true,"unevaluatedProperties":false}""",
            ["{\"foo\":1,\"bar\":2}"], []);
        Check("""{"properties":{"foo":{}},"allOf":[{"properties":{"bar":{}}}],"unevaluatedProperties":false}""",
            ["{\"foo\":1,\"bar\":2}"], ["{\"foo\":1,\"bar\":2,\"baz\":3}"]);
        Check("""
            {"properties":{"foo":{}},"anyOf":[{"properties":{"bar":{"const":"bar"}},"required":["bar"]},
             {"properties":{"baz":{"const":"baz"}},"required":["baz"]},{"properties":{"quux":{"const":"quux"}},
             "required":["quux"]}],
             "unevaluatedProperties":false}
            """,
            ["{\"foo\":1,\"bar\":\"bar\"}", "{\"foo\":1,\"bar\":\"bar\",\"baz\":\"baz\"}"],
            ["{\"foo\":1,\"bar\":\"bar\",\"baz\":\"not-baz\"}",
            "{\"foo\":1,\"bar\":\"bar\",\"baz\":\"baz\",\"quux\":\"not-quux\"}"]);
        Check("""
            {"oneOf":[{"properties":{"bar":{"const":1}},"required":["bar"]},{"properties":{"baz":{"const":1}},
            "required":["baz"]}],
            "properties":{"foo":{}},"unevaluatedProperties":false}
            """,
            ["{\"foo\":1,\"bar\":1}"], ["{\"foo\":1,\"bar\":1,\"quux\":2}"]);
        Check("""
            {"properties":{"foo":{}},"not":{"not":{"properties":{"bar":{"const":"bar"}},"required":["bar"]}},
            "unevaluatedProperties":false}
            """,
            [], ["{\"foo\":1,\"bar\":\"bar\"}"]);
        Check("""
            {"if":{"properties":{"foo":{"const":"then"}},"required":["foo"]},"then":{"properties":{"bar":{}},"required":["bar"]},
            "else":{"properties":{"baz":{}},"required":["baz"]},"unevaluatedProperties":false}
            """,
            ["{\"foo\":\"then\",\"bar\":1}", "{\"baz\":1}"], ["{\"foo\":\"then\",\"bar\":1,\"baz\":1}",
            "{\"foo\":\"else\",\"baz\":1}"]);
        Check("""{"if":{"patternProperties":{"foo":{"type":"string"}}},"unevaluatedProperties":false}""",
            ["{\"foo\":\"a\"}"], ["{\"bar\":\"a\"}", "{\"foo\":1}"]);
        Check("""
            {"properties":{"foo":{}},"dependentSchemas":{"foo":{"properties":{"bar":{"const":"bar"}},"required":["bar"]}},
            "unevaluatedProperties":false}
            """,
            ["{\"foo\":1,\"bar\":\"bar\"}"], ["{\"bar\":\"bar\"}"]);
        Check("""
            {"$ref":"#/$defs/bar","properties":{"foo":{}},"unevaluatedProperties":false,
            "$defs":{"bar":{"properties":{"bar":{}}}}}
            """,
            ["{\"foo\":1,\"bar\":2}"], ["{\"foo\":1,\"bar\":2,\"baz\":3}"]);
    }

    [Fact]
    public void Unevaluated_members_are_not_seen_from_beside()
    {
        Check("""{"allOf":[{"properties":{"foo":true}},{"unevaluatedProperties":false}]}""", ["{}"], ["{\"foo\":1}"]);
        Check("""{"properties":{"foo":{"unevaluatedProperties":false}}}""", ["{\"foo\":{}}"], ["{\"foo\":{\"x\":1}}"]);
        Check("""{"allOf":[{"properties":{"foo":{}},"unevaluatedProperties":true}],"unevaluatedProperties":false}""",
            ["{\"foo\":1,\"bar\":2}"], []);
        Check("""{"allOf":[{"properties":{"foo":{}},"unevaluatedProperties":false}],"unevaluatedProperties":true}""",
            ["{\"foo\":1}"], ["{\"foo\":1,\"bar\":2}"]);
        Check("""
            {"properties":{"foo":{"properties":{"bar":{}}}},"allOf":[{"properties":{"foo":{"properties":{"faz":{}}}}}],
            "anyOf":[{"properties":{"foo":{"unevaluatedProperties":false,"properties":{"bar":{}}}}},true]}
            """,
            ["{\"foo\":{\"bar\":1,\"faz\":2}}"], []);
        Check("""
            {"$id":"https://example.com/tree","$dynamicAnchor":"node","type":"object","properties":{"node":true,"branches":
            {"$ref":"#"}},"unevaluatedProperties":false}
            """,
            ["{\"branches\":{\"node\":1}}"], ["{\"branches\":{\"blub\":1}}"]);
    }

    [Fact]
    public void Unevaluated_items_are_seen_through_what_stands_beside()
    {
        Check("""{"unevaluatedItems":false}""", ["[]", "{}"], ["[1]"]);
        Check("""{"unevaluatedItems":{"type":"string"}}""", ["[]", "[\"foo\"]"], ["[42]"]);
        Check("""{"items":{"type":"string"},"unevaluatedItems":false}""", ["[\"foo\",\"bar\"]"], []);
        Check("""{"prefixItems":[{"type":"string"}],"unevaluatedItems":false}""", ["[\"foo\"]", "[]"], ["[\"foo\",\"bar\"]"]);
        Check("""{"prefixItems":[true],"allOf":[{"prefixItems":[true,{"type":"number"}]}],"unevaluatedItems":false}""",
            ["[\"foo\",42]"], ["[\"foo\",42,true]"]);
        Check("""
            {"prefixItems":[{"const":"foo"}],"anyOf":[{"prefixItems":[true,{"const":"bar"}]},{"prefixItems":[true,true,
            {"const":"baz"}]}],
            "unevaluatedItems":false}
            """,
            ["[\"foo\",\"bar\"]", "[\"foo\",\"bar\",\"baz\"]"], ["[\"foo\",\"bar\",42]", "[\"foo\",\"bar\",\"baz\",1]"]);
        Check("""{"contains":{"multipleOf":2},"unevaluatedItems":{"multipleOf":3}}""", ["[2,3,4,6]"], ["[2,3,4,7,8]"]);
        Check("""{"prefixItems":[true],"contains":{"type":"string"},"unevaluatedItems":false}""", ["[1,\"foo\"]"], ["[1,2]",
            "[1,2,\"foo\"]"]);
        Check("""
            {"if":{"contains":{"const":"a"}},"then":{"if":{"contains":{"const":"b"}},"then":{"if":{"contains":{"const":"c"}}}},
            "unevaluatedItems":false}
            """,
            ["[]", "[\"a\",\"a\"]", "[\"a\",\"b\",\"a\"]", "[\"c\",\"a\",\"b\",\"c\"]"], ["[\"b\",\"b\"]", "[\"c\"]",
            "[\"a\",\"c\"]"]);
        Check("""{"not":{"not":{"prefixItems":[true,{"const":"bar"}]}},"unevaluatedItems":false}""", [], ["[\"foo\",\"bar\"]"]);
        Check("""{"allOf":[{"prefixItems":[true]},{"unevaluatedItems":false}]}""", ["[]"], ["[1]"]);
        Check("""{"allOf":[{"prefixItems":[{"type":"string"}],"unevaluatedItems":true}],"unevaluatedItems":false}""",
            ["[\"foo\",1,2]"], []);
    }

    [Theory]
    [InlineData("{\"required\":[\"b\"],\"properties\":{\"b\":{\"not\":{\"type\":\"null\"}}}}",
        "{\"a\":1,\"b\":0}", "{\"a\":1,\"b\":null}", "{\"a\":1}")]
    [InlineData("{\"required\":[\"b\"],\"properties\":{\"b\":{\"type\":[\"integer\",\"array\"]}}}",
        "{\"a\":1,\"b\":[]}", "{\"a\":1,\"b\":1.5}", "{\"a\":1}")]
    [InlineData("{\"properties\":{\"b\":{\"not\":{\"type\":\"integer\"}}}}",
        "{\"a\":1,\"b\":1.5}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2.0}")]
    [InlineData("{\"properties\":{\"b\":{\"type\":\"string\"}}}", "{\"a\":1}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":null}")]
    public void What_a_condition_asks_of_one_member_it_asks_wherever_it_is(string then, string valid, params string[] invalid)
    {
        // Of what is no object nothing is asked, nor where the condition does not hold.
        string[] good = [valid, "1", "[]", "{\"a\":2}", "{\"a\":2,\"b\":null}"];
        var condition = "{\"if\":{\"required\":[\"a\"],\"properties\":{\"a\":{\"const\":1}}},\"then\":" + then + "}";
        var texts = condition.Replace(":1}", ":\"t\"}", StringComparison.Ordinal);
        string[] asTexts = [.. invalid.Select(static one => one.Replace("\"a\":1", "\"a\":\"t\"", StringComparison.Ordinal))];
        Check(condition, good, invalid);
        Check("{\"allOf\":[" + condition + "]}", good, invalid);
        Check("{\"allOf\":[true," + condition + ",{\"$ref\":\"#/$defs/c\"}],\"$defs\":{\"c\":" + condition + "}}", good, invalid);
        Check("{\"allOf\":[" + condition + "],\"unevaluatedProperties\":{\"type\":[\"integer\",\"null\"]}}",
            ["1", "{\"a\":2}"], invalid);
        Check("{\"allOf\":[" + texts + "]}", ["{\"a\":1,\"b\":null}", "\"t\""], asTexts);
    }
}
