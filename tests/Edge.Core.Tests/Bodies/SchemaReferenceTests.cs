namespace Edge.Core.Tests.Bodies;

public sealed class SchemaReferenceTests
{
    private static void Check(string schema, string[] valid, string[] invalid) => SchemaTable.Check(schema, valid, invalid);

    [Fact]
    public void A_schema_refers_to_itself() =>
        Check("""{"properties":{"foo":{"$ref":"#"}},"additionalProperties":false}""",
            ["{\"foo\":false}", "{\"foo\":{\"foo\":false}}"], ["{\"bar\":false}", "{\"foo\":{\"bar\":false}}"]);

    [Fact]
    public void A_reference_is_a_pointer()
    {
        Check("""{"properties":{"foo":{"type":"integer"},"bar":{"$ref":"#/properties/foo"}}}""", ["{\"bar\":3}"],
            ["{\"bar\":true}"]);
        Check("""{"prefixItems":[{"type":"integer"},{"$ref":"#/prefixItems/0"}]}""", ["[1,2]"], ["[1,\"foo\"]"]);
        Check("""
            {"$defs":{"tilde~field":{"type":"integer"},"slash/field":{"type":"integer"},"percent%field":{"type":"integer"},
             "foo\"bar":{"type":"integer"}},"properties":{"tilde":{"$ref":"#/$defs/tilde~0field"},
             "slash":{"$ref":"#/$defs/slash~1field"},
             "percent":{"$ref":"#/$defs/percent%25field"},"quote":{"$ref":"#/$defs/foo%22bar"}}}
            """,
            ["{\"slash\":1,\"tilde\":1,\"percent\":1,\"quote\":1}"],
            ["{\"slash\":\"a\"}", "{\"tilde\":\"a\"}", "{\"percent\":\"a\"}", "{\"quote\":\"a\"}"]);
        Check("""{"$defs":{"a":{"type":"integer"},"b":{"$ref":"#/$defs/a"},"c":{"$ref":"#/$defs/b"}},"$ref":"#/$defs/c"}""",
            ["5"], ["\"a\""]);
        Check("""{"$ref":"#/$defs/bool","$defs":{"bool":false}}""", [], ["\"foo\""]);
        Check("""{"$defs":{"":{"$defs":{"":{"type":"number"}}}},"allOf":[{"$ref":"#/$defs//$defs/"}]}""", ["1"], ["\"a\""]);
    }

    [Fact]
    public void What_stands_beside_a_reference_applies_too() =>
        Check("""{"$defs":{"r":{"type":"array"}},"properties":{"foo":{"$ref":"#/$defs/r","maxItems":2}}}""",
            ["{\"foo\":[]}", "{\"foo\":[1,2]}"], ["{\"foo\":[1,2,3]}", "{\"foo\":\"x\"}"]);

    [Theory]
    [InlineData("\"not\":{\"const\":\"x\"}")]
    [InlineData("\"allOf\":[{\"const\":\"y\"}]")]
    [InlineData("\"anyOf\":[{\"const\":\"y\"}]")]
    [InlineData("\"oneOf\":[{\"const\":\"y\"}]")]
    [InlineData("\"if\":{\"const\":\"x\"},\"then\":false")]
    [InlineData("\"if\":{\"const\":\"y\"},\"else\":false")]
    [InlineData("\"const\":\"y\"")]
    [InlineData("\"enum\":[\"y\"]")]
    [InlineData("\"pattern\":\"^y$\"")]
    [InlineData("\"minLength\":1,\"not\":{\"const\":\"x\"}")]
    public void Whatever_stands_beside_a_reference_applies_too(string beside) =>
        Check("""{"$defs":{"r":{"type":"string"}},"$ref":"#/$defs/r",""" + beside + "}", ["\"y\""], ["\"x\"", "1"]);

    [Fact]
    public void A_member_named_ref_is_no_reference()
    {
        Check("""{"properties":{"$ref":{"type":"string"}}}""", ["{\"$ref\":\"a\"}"], ["{\"$ref\":2}"]);
        Check("""{"const":{"$ref":"#/nowhere"}}""", ["{\"$ref\":\"#/nowhere\"}"], ["{\"$ref\":1}"]);
    }

    [Fact]
    public void A_reference_is_an_anchor()
    {
        Check("""{"$ref":"#foo","$defs":{"A":{"$anchor":"foo","type":"integer"}}}""", ["1"], ["\"a\""]);
        Check("""
            {"$id":"http://localhost:1234/nested","$ref":"http://localhost:1234/nested#foo",
            "$defs":{"A":{"$anchor":"foo","type":"integer"}}}
            """, ["1"], ["\"a\""]);
        Check("""
            {"$id":"http://localhost:1234/foobar","$defs":{"A":{"$id":"child1","allOf":[{"$id":"child2","$anchor":"my_anchor",
            "type":"number"},{"$anchor":"my_anchor","type":"string"}]}},"$ref":"child1#my_anchor"}
            """, ["\"a\""], ["1"]);
    }

    [Fact]
    public void A_reference_is_an_identifier_of_the_file()
    {
        Check("""
            {"$id":"http://localhost:1234/tree","type":"object","properties":{"nodes":{"type":"array","items":{"$ref":"node"}}},
            "required":["nodes"],"$defs":{"node":{"$id":"http://localhost:1234/node","type":"object","properties":{"value":
            {"type":"number"},"subtree":{"$ref":"tree"}},"required":["value"]}}}
            """,
            ["{\"nodes\":[{\"value\":1,\"subtree\":{\"nodes\":[{\"value\":1.1}]}}]}"],
            ["{\"nodes\":[{\"value\":1,\"subtree\":{\"nodes\":[{\"value\":\"x\"}]}}]}", "{\"nodes\":[{}]}"]);
        Check("""
            {"$id":"http://example.com/a.json","$defs":{"x":{"$id":"http://example.com/b/c.json","not":{"$defs":{"y":
            {"$id":"d.json","type":"number"}}}}},"allOf":[{"$ref":"http://example.com/b/d.json"}]}
            """, ["1"], ["\"a\""]);
        Check("""
            {"$id":"http://example.com/schema-relative-uri-defs1.json",
            "properties":{"foo":{"$id":"schema-relative-uri-defs2.json",
            "$defs":{"inner":{"properties":{"bar":{"type":"string"}}}},"$ref":"#/$defs/inner"}},
            "$ref":"schema-relative-uri-defs2.json"}
            """,
            ["{\"foo\":{\"bar\":\"a\"},\"bar\":\"a\"}"], ["{\"foo\":{\"bar\":1},\"bar\":\"a\"}",
            "{\"foo\":{\"bar\":\"a\"},\"bar\":1}"]);
        Check("""
            {"$id":"urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed",
            "properties":{"foo":{"$ref":"urn:uuid:deadbeef-1234-ffff-ffff-4321feebdaed#/$defs/bar"},
            "quux":{"$ref":"#something"}},"$defs":{"bar":{"type":"string"},"q":{"$anchor":"something","type":"null"}}}
            """,
            ["{\"foo\":\"bar\",\"quux\":null}"], ["{\"foo\":12}", "{\"quux\":1}"]);
        Check("""
            {"$id":"http://example.com/ref/absref.json","$defs":{"a":{"$id":"http://example.com/ref/absref/foobar.json",
            "type":"number"},
            "b":{"$id":"http://example.com/absref/foobar.json","type":"string"}},"$ref":"/absref/foobar.json"}
            """, ["\"foo\""], ["12"]);
        Check("""{"$id":"file:///folder/file.json","$defs":{"foo":{"type":"number"}},"$ref":"#/$defs/foo"}""", ["1"], ["\"a\""]);
    }

    [Fact]
    public void An_identifier_in_data_is_none() =>
        Check("""
            {"$defs":{"id_in_enum":{"enum":[{"$id":"https://localhost:1234/id/my_identifier.json","type":"null"}]},
            "real":{"$id":"https://localhost:1234/id/my_identifier.json","type":"string"}},
            "anyOf":[{"$ref":"#/$defs/id_in_enum"},{"$ref":"https://localhost:1234/id/my_identifier.json"}]}
            """,
            ["{\"$id\":\"https://localhost:1234/id/my_identifier.json\",\"type\":\"null\"}", "\"a string\""], ["1", "null"]);

    [Fact]
    public void A_dynamic_reference_asks_the_schemas_that_were_entered()
    {
        Check("""
            {"$id":"https://example.com/root","type":"array","items":{"$dynamicRef":"#items"},
            "$defs":{"foo":{"$dynamicAnchor":"items","type":"string"}}}
            """, ["[\"foo\"]"], ["[\"foo\",42]"]);
        Check("""
            {"$id":"https://example.com/root","$ref":"list","$defs":{"foo":{"$dynamicAnchor":"items","type":"string"},
            "list":{"$id":"list","type":"array","items":{"$dynamicRef":"#items"},"$defs":{"items":{"$dynamicAnchor":"items"}}}}}
            """,
            ["[\"foo\"]"], ["[\"foo\",42]"]);
        Check("""
            {"$id":"https://example.com/root","$ref":"list","$defs":{"foo":{"$anchor":"items","type":"string"},
            "list":{"$id":"list","type":"array","items":{"$dynamicRef":"#items"},"$defs":{"items":{"$dynamicAnchor":"items"}}}}}
            """,
            ["[\"foo\",42]"], []);
        Check("""
            {"$id":"https://example.com/root","$ref":"list","$defs":{"foo":{"$dynamicAnchor":"items","type":"string"},
            "list":{"$id":"list","type":"array","items":{"$dynamicRef":"#items"},"$defs":{"items":{"$anchor":"items"}}}}}
            """,
            ["[\"foo\",42]"], []);
        Check("""
            {"$id":"https://example.com/main","if":{"properties":{"kind":{"const":"numbers"}},"required":["kind"]},
            "then":{"$ref":"numberList"},"else":{"$ref":"stringList"},"$defs":{
            "genericList":{"$id":"genericList","properties":{"list":{"items":{"$dynamicRef":"#itemType"}}},
            "$defs":{"d":{"$dynamicAnchor":"itemType"}}},
            "numberList":{"$id":"numberList","$defs":{"i":{"$dynamicAnchor":"itemType","type":"number"}},"$ref":"genericList"},
            "stringList":{"$id":"stringList","$defs":{"i":{"$dynamicAnchor":"itemType","type":"string"}},"$ref":"genericList"}}}
            """,
            ["{\"kind\":\"numbers\",\"list\":[1.1]}", "{\"kind\":\"strings\",\"list\":[\"foo\"]}"],
            ["{\"kind\":\"numbers\",\"list\":[\"foo\"]}", "{\"kind\":\"strings\",\"list\":[1.1]}"]);
        Check("""
            {"$id":"https://example.com/strict-tree","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false,
            "$defs":{"tree":{"$id":"tree","$dynamicAnchor":"node","type":"object","properties":{"data":true,"children":
            {"type":"array","items":{"$dynamicRef":"#node"}}}}}}
            """,
            ["{\"children\":[{\"data\":1}]}"], ["{\"children\":[{\"daat\":1}]}"]);
    }

    [Fact]
    public void The_same_schema_twice_on_a_value_is_no_loop() =>
        Check("""
            {"$defs":{"int":{"type":"integer"}},"allOf":[{"properties":{"foo":{"$ref":"#/$defs/int"}}},
            {"additionalProperties":{"$ref":"#/$defs/int"}}]}
            """, ["{\"foo\":1}"], ["{\"foo\":\"a\"}"]);

    [Theory]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"allOf":[{"$ref":"#"}]}""")]
    [InlineData(
        """{"$ref":"#/$defs/a","$defs":{"a":{"not":{"$ref":"#/$defs/b"}},"b":{"anyOf":[{"if":{"$ref":"#/$defs/a"}}]}}}""")]
    public void A_schema_that_never_goes_into_the_value_is_refused(string schema) =>
        Assert.Contains("refers back to itself", SchemaTable.Problems(schema)[0].Message, StringComparison.Ordinal);

    [Fact]
    public void A_schema_that_doubles_its_work_with_each_level_is_cut_short()
    {
        var schema = SchemaTable.Parse("""{"items":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}""");
        var tape = new Edge.Core.Bodies.JsonTape();
        Assert.True(tape.Read(System.Text.Encoding.UTF8.GetBytes(new string('[', 100) + new string(']', 100))));
        Assert.Equal(Edge.Core.Bodies.Schemas.SchemaOutcome.TooComplex,
            new Edge.Core.Bodies.Schemas.SchemaValidator().Validate(schema, tape));
    }
}
