namespace Edge.Core.Tests.Bodies;

public sealed class SchemaAssertionTests
{
    private static void Check(string schema, string[] valid, string[] invalid) => SchemaTable.Check(schema, valid, invalid);

    [Fact]
    public void Types_are_told_apart()
    {
        string[] all = ["null", "true", "1.5", "\"\"", "[]", "{}"];
        string[] names = ["null", "boolean", "number", "string", "array", "object"];
        for (var i = 0; i < all.Length; i++)
        {
            Check($$"""{"type":"{{names[i]}}"}""", [all[i]], [.. all.Where((_, other) => other != i)]);
        }

        Check("""{"type":["integer","string"]}""", ["1", "\"1\""], ["1.5", "null", "[]", "{}", "true"]);
        Check("""{"type":["null"]}""", ["null"], ["0"]);
    }

    [Fact]
    public void A_number_without_a_fraction_is_an_integer_however_it_is_spelled() =>
        Check("""{"type":"integer"}""",
            ["1", "1.0", "-1.00", "1e2", "1.5e1", "-0", "0.0", "100E-2", "12345678910111213141516171819202122232425262728293031"],
            ["1.1", "1e-1", "\"1\"", "null", "{}", "[]", "true", "1.5e0"]);

    [Fact]
    public void Booleans_are_schemas()
    {
        Check("true", ["1", "null", "{}", "[]"], []);
        Check("false", [], ["1", "null", "{}", "[]", "\"\""]);
        Check("{}", ["1", "null"], []);
    }

    [Fact]
    public void An_enum_compares_what_values_say()
    {
        Check("""{"enum":[6,"foo",[],true,{"foo":12}]}""",
            ["6", "6.0", "\"foo\"", "\"f\\u006fo\"", "[]", "true", "{\"foo\":12.0}"],
            ["null", "{\"foo\":false}", "{\"foo\":12,\"boo\":42}", "[1]", "\"Foo\"", "1"]);
        Check("""{"enum":["foo\nbar","foo\rbar"]}""", ["\"foo\\nbar\"", "\"foo\\u000dbar\""], ["\"foobar\""]);
        Check("""{"enum":[false]}""", ["false"], ["0", "0.0", "null", "\"false\""]);
        Check("""{"enum":[[false]]}""", ["[false]"], ["[0]", "[0.0]"]);
        Check("""{"enum":[true]}""", ["true"], ["1", "1.0"]);
        Check("""{"enum":[0]}""", ["0", "0.0", "-0"], ["false", "null", "\"\""]);
        Check("""{"enum":[]}""", [], ["1"]);
        Check("""{"enum":["hello\u0000there"]}""", ["\"hello\\u0000there\""], ["\"hellothere\""]);
    }

    [Fact]
    public void A_const_compares_what_values_say()
    {
        Check("""{"const":{"foo":"bar","baz":"bax"}}""", ["{\"baz\":\"bax\",\"foo\":\"bar\"}"], ["{\"foo\":\"bar\"}", "[1,2]"]);
        Check("""{"const":[{"foo":"bar"}]}""", ["[{\"foo\":\"bar\"}]"], ["[2]", "[1,2,3]"]);
        Check("""{"const":null}""", ["null"], ["0", "false"]);
        Check("""{"const":false}""", ["false"], ["0", "[]"]);
        Check("""{"const":0}""", ["0", "-0", "0.0", "0e5"], ["false", "1e-9"]);
        Check("""{"const":-2.0}""", ["-2", "-2.0", "-0.2e1"], ["2", "2.0", "-2.00001"]);
        Check("""{"const":9007199254740992}""", ["9007199254740992", "9007199254740992.0"], ["9007199254740991",
            "9007199254740993"]);
        Check("""{"const":{"a":false}}""", ["{\"a\":false}"], ["{\"a\":0}", "{\"a\":0.0}"]);
        Check("""{"const":"\ud83d\ude00"}""", ["\"😀\"", "\"\\uD83D\\uDE00\""], ["\"\"", "\"😁\""]);
    }

    [Fact]
    public void Bounds_are_exact()
    {
        Check("""{"minimum":1.1}""", ["1.1", "2.6", "\"x\"", "1.10", "11e-1"], ["0.6", "1.09999999999999999999999999", "-5"]);
        Check("""{"minimum":-2}""", ["-1", "0", "-2", "-2.0", "null"], ["-2.0001", "-3"]);
        Check("""{"maximum":3.0}""", ["2.6", "3.0", "3", "\"x\""], ["3.5", "3.00000000000000000001"]);
        Check("""{"maximum":300}""", ["299.97", "300", "300.00", "3e2"], ["300.5"]);
        Check("""{"exclusiveMinimum":1.1}""", ["1.2", "\"x\""], ["1.1", "0.6", "1.100"]);
        Check("""{"exclusiveMaximum":3.0}""", ["2.2", "{}"], ["3.0", "3.5", "3"]);
        Check("""{"minimum":0,"maximum":0}""", ["0", "-0", "0.0", "0e400", "-0e-400"], ["1e-400", "-1e-400"]);
        Check("""{"minimum":18446744073709551615}""", ["18446744073709551615", "18446744073709551616"], ["18446744073709551614"]);
        Check("""{"maximum":-9007199254740993}""", ["-9007199254740993"], ["-9007199254740992"]);
        Check("""{"exclusiveMaximum":972783798187987123879878123.18878137}""", ["1"], ["972783798187987123879878123.188781371"]);
    }

    [Fact]
    public void Multiples_are_decimal()
    {
        Check("""{"multipleOf":2}""", ["10", "\"x\"", "0", "-4", "2e3"], ["7", "1.5"]);
        Check("""{"multipleOf":1.5}""", ["0", "4.5"], ["35"]);
        Check("""{"multipleOf":0.0001}""", ["0.0075", "0.1", "1"], ["0.00751"]);
        Check("""{"multipleOf":0.01}""", ["0.07", "4.35", "19.99", "1e300"], ["0.075"]);
        Check("""{"type":"integer","multipleOf":0.123456789}""", [], ["1e308"]);
        Check("""{"type":"integer","multipleOf":1e-8}""", ["12391239123"], []);
        Check("""{"multipleOf":1e2}""", ["300", "-100.0"], ["30", "1e1"]);
    }

    [Fact]
    public void Lengths_are_counted_in_characters()
    {
        Check("""{"minLength":2}""", ["\"foo\"", "\"fo\"", "1", "\"😀a\"", "\"\\n\\n\""],
            ["\"f\"", "\"😀\"", "\"\\uD83D\\uDE00\"", "\"\""]);
        Check("""{"maxLength":2}""", ["\"f\"", "\"fo\"", "100", "\"😀😀\"", "\"éé\""], ["\"foo\"", "\"a😀b\""]);
        Check("""{"minLength":2.0,"maxLength":2.0}""", ["\"ab\""], ["\"a\"", "\"abc\""]);
        Check("""{"maxLength":40}""", ["\"éééééééééééééééééééééééééééééééééééééééé\""],
            ["\"éééééééééééééééééééééééééééééééééééééééée\""]);
    }

    [Fact]
    public void A_pattern_is_not_anchored()
    {
        Check("""{"pattern":"^a*$"}""", ["\"aaa\"", "true", "123", "{}", "\"\""], ["\"abc\"", "\"aaa\\n\""]);
        Check("""{"pattern":"a+"}""", ["\"xxaayy\"", "\"\\u0061\""], ["\"xyz\"", "\"\""]);
    }

    [Fact]
    public void Numbers_of_items_and_members_are_bounded()
    {
        Check("""{"minItems":1}""", ["[1,2]", "[1]", "\"\""], ["[]"]);
        Check("""{"maxItems":2.0}""", ["[1]", "[1,2]", "\"foobar\"", "[]"], ["[1,2,3]"]);
        Check("""{"minProperties":1}""", ["{\"a\":1}", "[]", "\"\"", "12"], ["{}"]);
        Check("""{"maxProperties":0}""", ["{}"], ["{\"foo\":1}"]);
        Check("""{"maxProperties":2}""", ["{\"a\":1,\"b\":{\"x\":1,\"y\":2,\"z\":3}}"], ["{\"a\":1,\"b\":2,\"c\":3}"]);
    }

    [Fact]
    public void Items_that_say_the_same_are_not_unique()
    {
        Check("""{"uniqueItems":true}""",
            ["[1,2]", "[]", "[1]", "[0,false]", "[1,true]", "[[1],[true]]", "[{\"a\":1},{\"a\":2}]", "{}", "[\"1\",1]",
             "[{\"a\":false},{\"a\":0}]", "[[[\"foo\"]],[[\"bar\"]]]", "[1,2,3,4,5,6,7,8,9,10,11]",
             "[null,0,false,\"\",[],{},1,true,[[]]]"],
            ["[1,1]", "[1.0,1.00,1]", "[\"a\",\"\\u0061\"]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "[[\"x\"],[\"x\"]]",
             "[1,2,3,4,5,6,7,8,9,10,1e1]", "[{},{}]", "[0,-0]", "[{\"a\":{\"b\":1}},3,4,5,6,7,8,9,{\"a\":{\"b\":1.0}}]"]);
        Check("""{"uniqueItems":false}""", ["[1,1]"], []);
        Check("""{"prefixItems":[{"type":"boolean"},{"type":"boolean"}],"uniqueItems":true,"items":false}""",
            ["[false,true]", "[true,false]"], ["[false,false]", "[true,true]", "[false,true,null]"]);
    }
}
