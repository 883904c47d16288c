package io.weir.scenarios;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON strictly into maps, lists, strings and numbers. */
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

  /** The one object that a text is. */
  static Map<String, Object> parse(String text) throws IOException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      parser.nextToken();
      Object value = value(parser);
      if (parser.nextToken() != null) {
        throw new IOException("more behind the value: " + text);
      }
      return asObject(value);
    }
  }

  static Map<String, Object> object(Map<String, Object> in, String name) throws IOException {
    return asObject(member(in, name));
  }

  static List<Map<String, Object>> objects(Map<String, Object> in, String name) throws IOException {
    List<Map<String, Object>> objects = new ArrayList<>();
    if (!(member(in, name) instanceof List<?> list)) {
      throw new IOException(name + " is no array in " + in);
    }
    for (Object item : list) {
      objects.add(asObject(item));
    }
    return objects;
  }

  static long number(Map<String, Object> in, String name) throws IOException {
    if (member(in, name) instanceof Long number) {
      return number;
    }
    throw new IOException(name + " is no whole number in " + in);
  }

  private static Object member(Map<String, Object> in, String name) throws IOException {
    Object value = in.get(name);
    if (value == null) {
      throw new IOException("no " + name + " in " + in);
    }
    return value;
  }

  @SuppressWarnings("unchecked") // object() below makes no others
  private static Map<String, Object> asObject(Object value) throws IOException {
    if (value instanceof Map<?, ?> map) {
      return (Map<String, Object>) map;
    }
    throw new IOException("no object: " + value);
  }

  private static Object value(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw new IOException("an empty text is no JSON");
    }
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_NUMBER_INT -> parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
      default -> parser.getText();
    };
  }

  private static Map<String, Object> object(JsonParser parser) throws IOException {
    Map<String, Object> object = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      object.put(name, value(parser));
    }
    return object;
  }

  private static List<Object> array(JsonParser parser) throws IOException {
    List<Object> array = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser));
    }
    return array;
  }
}
