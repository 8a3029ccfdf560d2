// As the manual's C++ sample with libcurl: the media type carries a charset, the reply is taken as it comes.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>
#include <string>

#include <curl/curl.h>

static size_t callback(void *data, size_t size, size_t count, void *target) {
    static_cast<std::string *>(target)->append(static_cast<char *>(data), size * count);
    return size * count;
}

static int request(const std::string &url, const std::string *body, std::string &reply) {
    CURL *curl = curl_easy_init();
    if (!curl) {
        return 1;
    }
    curl_slist *headers = nullptr;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, callback);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    if (body) {
        headers = curl_slist_append(headers, "Content-Type:application/json;charset=UTF-8");
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
    }
    const CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return code == CURLE_OK ? 0 : 1;
}

int main() {
    const std::string keys = std::string("&client_id=") + std::getenv("API_KEY") + "&client_secret=" + std::getenv("SECRET_KEY");
    std::string auth, reply;
    if (request(std::getenv("HOST") + std::string("/oauth/2.0/token?grant_type=client_credentials") + keys, nullptr, auth)) {
        return 1;
    }
    std::smatch token;
    if (!std::regex_search(auth, token, std::regex("\"access_token\"\\s*:\\s*\"([^\"]+)\""))) {
        std::cerr << auth;
        return 1;
    }
    std::ifstream file(std::getenv("BODY"), std::ios::binary);
    const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (request(std::getenv("ADDRESS") + std::string("?access_token=") + token[1].str(), &body, reply)) {
        return 1;
    }
    std::cout << reply << std::endl;
    return 0;
}
