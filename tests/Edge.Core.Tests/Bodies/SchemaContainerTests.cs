namespace Edge.Core.Tests.Bodies;

public sealed class SchemaContainerTests
{
    private static void Check(string schema, string[] valid, string[] invalid) => SchemaTable.Check(schema, valid, invalid);

    [Fact]
    public void Properties_apply_to_members_of_their_name()
    {
        Check("""{"properties":{"foo":{"type":"integer"},"bar":{"type":"string"}}}""",
            ["{\"foo\":1,\"bar\":\"baz\"}", "{\"quux\":[]}", "[]", "12", "{\"f\\u006fo\":2}"],
            ["{\"foo\":1,\"bar\":{}}", "{\"foo\":[],\"bar\":{}}", "{\"f\\u006fo\":\"x\"}"]);
        Check("""{"properties":{"foo":true,"bar":false}}""", ["{}", "{\"foo\":1}"], ["{\"bar\":2}", "{\"foo\":1,\"bar\":2}"]);
        Check("""{"properties":{"foo\nbar":{"type":"number"},"foo\"bar":{"type":"number"},"foo\\bar":{"type":"number"}}}""",
            ["{\"foo\\nbar\":1,\"foo\\\"bar\":1,\"foo\\\\bar\":1}"], ["{\"foo\\nbar\":\"1\"}", "{\"foo\\\"bar\":\"1\"}"]);
        Check("""
            {"properties":{"__proto__":{"type":"number"},"toString":{"properties":{"length":{"type":"string"}}},
             "constructor":{"type":"number"}}}
            """,
            ["[]", "12", "{}", "{\"__proto__\":12,\"toString\":{\"length\":\"foo\"},\"constructor\":37}"],
            ["{\"__proto__\":\"foo\"}", "{\"toString\":{\"length\":37}}", "{\"constructor\":{\"length\":37}}"]);
        Check("""{"properties":{"foo":{"type":"null"},"":{"const":1}}}""", ["{\"foo\":null,\"\":1}"], ["{\"foo\":0}",
            "{\"\":2}"]);
    }

    [Fact]
    public void Required_members_are_there()
    {
        Check("""{"properties":{"foo":{},"bar":{}},"required":["foo"]}""", ["{\"foo\":1}", "[]", "\"\"", "null"], ["{\"bar\":1}",
            "{}"]);
        Check("""{"required":[]}""", ["{}"], []);
        Check("""{"required":["foo\nbar","foo\"bar"]}""", ["{\"foo\\nbar\":1,\"foo\\\"bar\":2}"], ["{\"foo\\nbar\":1}"]);
        Check("""{"required":["__proto__","toString","constructor"]}""",
            ["{\"__proto__\":1,\"toString\":{},\"constructor\":2}"], ["{}", "{\"toString\":1}",
            "{\"__proto__\":1,\"toString\":{}}"]);
        var names = Enumerable.Range(0, 70).Select(static number => $"\"m{number}\"").ToArray();
        var whole = $"{{{string.Join(',', names.Select(static name => name + ":1"))}}}";
        Check($$"""{"required":[{{string.Join(',', names)}}]}""", [whole],
            [whole.Replace("\"m3\"", "\"x\"", StringComparison.Ordinal), whole.Replace("\"m69\"", "\"x\"",
            StringComparison.Ordinal)]);
    }

    [Fact]
    public void Other_members_are_patterned_or_additional()
    {
        Check("""{"properties":{"foo":{},"bar":{}},"patternProperties":{"^v":{}},"additionalProperties":false}""",
            ["{\"foo\":1}", "{\"foo\":1,\"vroom\":2}", "[1,2,3]", "\"x\""], ["{\"foo\":1,\"quux\":true}", "{\"xv\":1}"]);
        Check("""{"patternProperties":{"^á":{}},"additionalProperties":false}""", ["{\"ármányos\":2}"], ["{\"élmény\":2}"]);
        Check("""{"additionalProperties":{"type":"boolean"}}""", ["{\"foo\":true}", "{}"], ["{\"foo\":1}"]);
        Check("""{"allOf":[{"properties":{"foo":{}}}],"additionalProperties":{"type":"boolean"}}""",
            ["{\"foo\":true,\"bar\":true}"], ["{\"foo\":1,\"bar\":true}"]);
        Check("""{"patternProperties":{"f.*o":{"type":"integer"}}}""",
            ["{\"foo\":1}", "{\"foo\":1,\"foooooo\":2}", "\"f\"", "{\"bar\":\"x\"}"], ["{\"foo\":\"bar\"}",
            "{\"foo\":1,\"foooooo\":\"baz\"}"]);
        Check("""{"patternProperties":{"a*":{"type":"integer"},"aaa*":{"maximum":20}}}""",
            ["{\"a\":21}", "{\"aaaa\":18}", "{\"a\":21,\"aaaa\":18}"], ["{\"a\":\"x\"}", "{\"aaaa\":31}",
            "{\"aaa\":\"foo\",\"aaaa\":31}"]);
        Check("""{"patternProperties":{"[0-9]{2,}":{"type":"boolean"},"X_":{"type":"string"}}}""",
            ["{\"answer 1\":\"42\"}", "{\"a_x_3\":3}", "{\"a_X_3\":\"s\"}"], ["{\"a31b\":null}", "{\"a_X_3\":3}"]);
        Check("""{"propertyNames":{"maxLength":3}}""", ["{\"f\":1,\"foo\":2}", "{}", "[1]"], ["{\"foobar\":1}"]);
        Check("""{"propertyNames":{"pattern":"^a+$"}}""", ["{\"aaa\":1}", "{}"], ["{\"aaA\":1}"]);
        Check("""{"propertyNames":false}""", ["{}"], ["{\"a\":1}"]);
        Check("""{"propertyNames":{"enum":["foo","bar"]}}""", ["{\"foo\":1,\"bar\":1}"], ["{\"baz\":1}"]);
    }

    [Fact]
    public void Members_depend_on_others()
    {
        Check("""{"dependentRequired":{"bar":["foo"]}}""",
            ["{}", "{\"foo\":1}", "{\"foo\":1,\"bar\":2}", "[\"bar\"]", "\"bar\""], ["{\"bar\":2}"]);
        Check("""{"dependentRequired":{"bar":[]}}""", ["{}", "{\"bar\":2}", "1"], []);
        Check("""{"dependentRequired":{"foo\nbar":["foo\rbar"],"quux":["foo","bar"]}}""",
            ["{\"foo\\nbar\":1,\"foo\\rbar\":2}", "{\"foo\":1,\"bar\":2,\"quux\":3}"],
            ["{\"foo\\nbar\":1}", "{\"foo\":1,\"quux\":2}", "{\"quux\":1}"]);
        Check("""{"dependentSchemas":{"bar":{"properties":{"foo":{"type":"integer"},"bar":{"type":"integer"}}}}}""",
            ["{\"foo\":1,\"bar\":2}", "{\"foo\":\"quux\"}", "[\"bar\"]", "1"],
            ["{\"foo\":\"quux\",\"bar\":2}", "{\"foo\":2,\"bar\":\"quux\"}"]);
        Check("""{"dependentSchemas":{"foo":true,"bar":false}}""", ["{\"foo\":1}", "{}"], ["{\"bar\":2}",
            "{\"foo\":1,\"bar\":2}"]);
        Check("""{"properties":{"foo":{}},"dependentSchemas":{"foo":{"properties":{"bar":{}},"additionalProperties":false}}}""",
            ["{\"bar\":1}", "{\"baz\":1}"], ["{\"foo\":1}", "{\"foo\":1,\"bar\":2}"]);
    }

    [Fact]
    public void Items_come_after_the_prefix()
    {
        Check("""{"items":{"type":"integer"}}""", ["[1,2,3]", "[]", "{\"foo\":\"bar\"}"], ["[1,\"x\"]"]);
        Check("""{"items":false}""", ["[]", "{}"], ["[1]"]);
        Check("""{"prefixItems":[{"type":"integer"},{"type":"string"}]}""",
            ["[1,\"foo\"]", "[1]", "[1,\"foo\",true]", "[]", "{\"0\":\"x\"}"], ["[\"foo\",1]"]);
        Check("""{"prefixItems":[{},{},{}],"items":false}""", ["[]", "[1]", "[1,2,3]"], ["[1,2,3,4]"]);
        Check("""{"prefixItems":[{"type":"string"}],"items":{"type":"integer"}}""", ["[\"x\",2,3]"], ["[\"x\",\"y\"]"]);
        Check("""{"prefixItems":[true,false]}""", ["[1]", "[]"], ["[1,\"foo\"]"]);
        Check("""{"allOf":[{"prefixItems":[{"minimum":3}]}],"items":{"minimum":5}}""", ["[5,5]"], ["[3,5]"]);
        Check("""
            {"$defs":{"item":{"type":"array","items":false,"prefixItems":[{"$ref":"#/$defs/sub"},{"$ref":"#/$defs/sub"}]},
            "sub":{"type":"object","required":["foo"]}},"type":"array","items":false,"prefixItems":[{"$ref":"#/$defs/item"}]}
            """,
            ["[[{\"foo\":null},{\"foo\":null}]]", "[[]]", "[]"], ["[[{}]]", "[[{\"foo\":1}],[]]", "[{\"foo\":1}]"]);
    }

    [Fact]
    public void Items_are_contained_in_numbers()
    {
        Check("""{"contains":{"minimum":5}}""", ["[3,4,5]", "[3,5,6]", "{}", "\"x\""], ["[2,3,4]", "[]"]);
        Check("""{"contains":false}""", ["\"contains does not apply\""], ["[\"foo\"]", "[]"]);
        Check("""{"contains":true}""", ["[1]"], ["[]"]);
        Check("""{"contains":{"const":1},"maxContains":1}""", ["[1]", "[1,2]"], ["[]", "[1,1]", "[1,2,1]"]);
        Check("""{"contains":{"const":1},"minContains":2.0}""", ["[1,1]", "[1,2,1]"], ["[1]", "[]", "[1,2]"]);
        Check("""{"contains":{"const":1},"minContains":0}""", ["[]", "[2]"], []);
        Check("""{"contains":{"const":1},"minContains":0,"maxContains":1}""", ["[]", "[1]"], ["[1,1]"]);
        Check("""{"contains":{"const":1},"maxContains":1,"minContains":3}""", [], ["[]", "[1]", "[1,1,1]"]);
        Check("""{"maxContains":1,"minContains":3}""", ["[1]", "[1,1,1,1]"], []);
        Check("""{"items":{"multipleOf":2},"contains":{"multipleOf":3}}""", ["[6,12]"], ["[2,4,8]", "[3,6,9]", "[1,5]"]);
        Check("""{"contains":{"if":false,"else":true}}""", ["[\"foo\"]"], ["[]"]);
    }
}
