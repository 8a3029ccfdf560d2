import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** As the manual's Java sample: URLEncoder around the token, a POST of the given media type, the body printed. */
public class Client {
    static String accessToken() throws Exception {
        String address = System.getenv("HOST") + "/oauth/2.0/token?grant_type=client_credentials"
                + "&client_id=" + System.getenv("API_KEY") + "&client_secret=" + System.getenv("SECRET_KEY");
        HttpURLConnection connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setRequestMethod("GET");
        String reply = read(connection);
        Matcher token = Pattern.compile("\"access_token\"\\s*:\\s*\"([^\"]+)\"").matcher(reply);
        if (!token.find()) {
            throw new IllegalStateException(reply);
        }
        return token.group(1);
    }

    static String post(String requestUrl, String accessToken, String contentType, byte[] parameters) throws Exception {
        String url = requestUrl + "?access_token=" + URLEncoder.encode(accessToken, StandardCharsets.UTF_8);
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", contentType);
        connection.setRequestProperty("Connection", "Keep-Alive");
        connection.setUseCaches(false);
        connection.setDoOutput(true);
        try (OutputStream out = connection.getOutputStream()) {
            out.write(parameters);
        }
        return read(connection);
    }

    static String read(HttpURLConnection connection) throws Exception {
        try (InputStream in = connection.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    public static void main(String[] arguments) throws Exception {
        byte[] body = Files.readAllBytes(Path.of(System.getenv("BODY")));
        System.out.println(post(System.getenv("ADDRESS"), accessToken(), "application/json", body));
    }
}
